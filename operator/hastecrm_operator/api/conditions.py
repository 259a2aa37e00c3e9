"""The conditions that a HasteCRM reports, and their shape (that of metav1.Condition)."""

from typing import Final, Literal

from pydantic import Field

from hastecrm_operator.api.model import Observed

READY: Final = "Ready"
AVAILABLE: Final = "Available"
PROGRESSING: Final = "Progressing"
DEGRADED: Final = "Degraded"
DATABASE_READY: Final = "DatabaseReady"
CACHE_READY: Final = "CacheReady"
MIGRATED: Final = "Migrated"
RECONCILING: Final = "Reconciling"
STALLED: Final = "Stalled"
PAUSED: Final = "Paused"
ACCESS_READY: Final = "AccessReady"
MONITORING_READY: Final = "MonitoringReady"
CREDENTIALS_CURRENT: Final = "CredentialsCurrent"
PENDING_ROLLOUT: Final = "PendingRollout"
HIBERNATED: Final = "Hibernated"
ALL_FIELDS_IN_EFFECT: Final = "AllFieldsInEffect"

TYPES: Final = (
    READY,
    AVAILABLE,
    PROGRESSING,
    DEGRADED,
    DATABASE_READY,
    CACHE_READY,
    MIGRATED,
    RECONCILING,
    STALLED,
    PAUSED,
    ACCESS_READY,
    MONITORING_READY,
    CREDENTIALS_CURRENT,
    PENDING_ROLLOUT,
    HIBERNATED,
    ALL_FIELDS_IN_EFFECT,
)


class Condition(Observed):
    """One thing that is true, false or unknown of the object."""

    type: str = Field(max_length=316, description="What is judged. Example: Ready.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds. Example: True.")
    reason: str = Field(
        min_length=1, max_length=1024, description="Why, as one word for machines. Example: EverythingReady."
    )
    message: str = Field(
        max_length=32768, description="Why, as a sentence for people. Example: 'all components are ready'."
    )
    last_transition_time: str = Field(
        description="When the status last changed. Example: 2026-01-01T00:00:00Z.",
        json_schema_extra={"format": "date-time"},
    )
    observed_generation: int = Field(
        ge=0,
        description="Generation of the object that was judged. Example: 4.",
        json_schema_extra={"format": "int64"},
    )
