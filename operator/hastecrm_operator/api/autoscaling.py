"""How many pods a tier has, decided by load."""

from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.model import Model, rule, rules

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
