"""How much a container may use."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.quantities import Quantity, amount


class Amounts(Model):
    """CPU, memory and local disk of one container."""

    cpu: Quantity | None = Field(None, description="CPU in cores. Example: 500m, or '0.5' with its quotes.")
    memory: Quantity | None = Field(None, description="Memory in bytes. Example: 256Mi.")
    ephemeral_storage: Quantity | None = Field(
        None, alias="ephemeral-storage", description="Local disk in bytes. Example: 1Gi."
    )


def _within(field: str) -> dict[str, str]:
    requested, limit = f"self.requests.{field}", f"self.limits.{field}"
    return rule(
        f"!has(self.requests) || !has(self.limits) || !has({requested}) || !has({limit}) || "
        f"quantity(string({requested})).compareTo(quantity(string({limit}))) <= 0",
        f"requests.{field} must not be more than limits.{field}",
    )


class Resources(Model):
    """What a container asks for and what it may use at most; given, it replaces the default as a whole."""

    model_config = ConfigDict(json_schema_extra=rules(_within("cpu"), _within("memory")))

    requests: Amounts | None = Field(None, description="What the scheduler sets aside for the container.")
    limits: Amounts | None = Field(
        None, description="What the container may not exceed. No CPU limit is recommended: it only slows."
    )

    @model_validator(mode="after")
    def _requests_fit(self) -> Self:
        requests, limits = self.requests or Amounts(), self.limits or Amounts()
        for field in ("cpu", "memory"):
            requested, limit = getattr(requests, field), getattr(limits, field)
            if requested and limit and amount(requested) > amount(limit):
                raise ValueError(f"requests.{field} {requested} is more than limits.{field} {limit}")
        return self


def resources(cpu: str, memory: str, most_memory: str) -> Resources:
    """Return resources with a CPU and memory request, a memory limit, and no CPU limit."""
    return Resources(requests=Amounts(cpu=cpu, memory=memory), limits=Amounts(memory=most_memory))
