"""How a new release is rolled out, judged, and taken back."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.durations import Duration, LongDuration, Pause
from hastecrm_operator.api.model import Model, rule, rules

_RISING: Final = "canary.steps must rise, like [10, 50]"
Percent = Annotated[int, Field(ge=1, le=99)]


class Canary(Model):
    """A rollout in steps."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.steps.all(a, self.steps.filter(b, b == a).size() == 1) && self.steps.isSorted()",
                _RISING,
            )
        )
    )

    steps: tuple[Percent, ...] = Field(
        min_length=1,
        max_length=10,
        description="Pods that run the new release first, step by step, as percent of those of the API. "
        "Example: [10, 50].",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    pause: Duration = Field("60s", description="Time between two steps. Default: 60s.")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if list(self.steps) != sorted(set(self.steps)):
            raise ValueError(_RISING)
        return self


class Verification(Model):
    """When a new release counts as good."""

    window: Pause = Field(
        "60s",
        description="Time over which the new pods are measured; 0s and journey: false = no analysis. "
        "Default: 60s.",
    )
    max_error_ratio: float = Field(
        0.01, ge=0, le=1, description="Failed requests as a part of all, at most. Default: 0.01."
    )
    max_p95: Duration = Field(
        "500ms",
        alias="maxP95",
        description="Response time that 95 % of the requests stay below. Default: 500ms.",
    )
    journey: bool = Field(True, description="Whether a synthetic user tries the new pods. Default: true.")


class ReleaseSpec(Model):
    """How a new release is rolled out."""

    canary: Canary | None = Field(None, description="A rollout in steps; without it a plain rolling update.")
    progress_deadline: Duration = Field("10m", description="Time that a rollout may take. Default: 10m.")
    backup_before_upgrade: bool = Field(
        True, description="Whether the database is backed up before a migration. Default: true."
    )
    auto_rollback: bool = Field(
        True, description="Whether a bad release is taken back by itself. Default: true."
    )
    verify_: Verification = Field(
        Verification(), alias="verify", description="When a new release counts as good."
    )
    contract_after: LongDuration = Field(
        "1h",
        description="Time from promotion until what only older releases need is taken from the database. "
        "Default: 1h.",
    )
    history_limit: int = Field(10, ge=1, le=100, description="Revisions that are remembered. Default: 10.")


class RollbackSpec(Model):
    """Run a recorded revision instead of the spec; remove it to follow the spec again."""

    to_revision: int = Field(ge=1, description="Revision to run, as recorded. Example: 6.")
    restore_data: bool = Field(
        False, description="Whether the data from before the upgrade is restored as well. Default: false."
    )
