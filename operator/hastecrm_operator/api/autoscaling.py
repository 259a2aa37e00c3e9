"""How many pods a tier has, decided by load."""

from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.computing import Amounts, Resources
from hastecrm_operator.api.model import Model, rule, rules

_TARGETS: Final = {"cpu": "targetCPUPercent", "memory": "targetMemoryPercent"}
_ORDER: Final = "autoscaling.minReplicas must not be more than autoscaling.maxReplicas"


class Autoscaling(Model):
    """A HorizontalPodAutoscaler; while it is set, `replicas` of the tier is left to it."""

    model_config = ConfigDict(json_schema_extra=rules(rule("self.minReplicas <= self.maxReplicas", _ORDER)))

    min_replicas: int = Field(2, ge=1, le=1000, description="Pods at least. Default: 2.")
    max_replicas: int = Field(ge=1, le=1000, description="Pods at most. Example: 20.")
    target_cpu_percent: int = Field(
        70,
        alias="targetCPUPercent",
        ge=1,
        le=1000,
        description="CPU in percent of the request at which pods are added. Default: 70.",
    )
    target_memory_percent: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Memory in percent of the request at which pods are added. Example: 80.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(_ORDER)
        return self


_WHILE_ON: Final = (
    "replicas is left to autoscaling: set autoscaling.minReplicas and maxReplicas instead, or remove "
    "autoscaling"
)


def measurable(amount: str) -> dict[str, str]:
    """Return the rule that a tier which is scaled by `amount` (cpu or memory) asks for some of it."""
    target = f"!has(self.autoscaling.{_TARGETS[amount]}) || " if amount == "memory" else ""
    asked = " || ".join(
        f"(has(self.resources.{part}) && has(self.resources.{part}.{amount}))"
        for part in ("requests", "limits")
    )
    return rule(f"!has(self.autoscaling) || {target}!has(self.resources) || {asked}", _unmeasurable(amount))


def replicas_are_left_alone(default: int) -> dict[str, str]:
    """Return the rule that nobody sets replicas in vain; to leave them out is to have their default."""
    both = "has(self.autoscaling) && has(oldSelf.autoscaling)"
    same = f"self.replicas == oldSelf.replicas || self.replicas == {default}"
    return rule(f"!({both}) || {same}", _WHILE_ON, reason="FieldValueForbidden")


def unmeasurable(autoscaling: Autoscaling, resources: Resources | None) -> str:
    """Return what keeps the load from being measured in percent of a request, as a sentence; or nothing."""
    amounts = ["cpu", "memory"] if autoscaling.target_memory_percent else ["cpu"]
    given = [(resources.requests or Amounts(), resources.limits or Amounts())] if resources else []
    missing = (a for a in amounts for parts in given if not any(getattr(part, a) for part in parts))
    return next((_unmeasurable(amount) for amount in missing), "")


def _unmeasurable(amount: str) -> str:
    return (
        f"autoscaling.{_TARGETS[amount]} needs resources.requests.{amount}: the target is a percentage of "
        "it; set it, or leave resources out"
    )
