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
BACKUP_HEALTHY: Final = "BackupHealthy"
BACKUP_VERIFIED: Final = "BackupVerified"
RELEASE_ACCEPTED: Final = "ReleaseAccepted"

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
    BACKUP_HEALTHY,
    BACKUP_VERIFIED,
    RELEASE_ACCEPTED,
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


MEANINGS: Final = {
    READY: "Everything runs as the spec asks. The one to wait for.",
    AVAILABLE: "Each tier that should run has a ready pod: people can work, be it during a rollout.",
    PROGRESSING: "Pods are being replaced or started, and nothing is in their way.",
    DEGRADED: "Something is wrong; the message says what, and the way out.",
    DATABASE_READY: "The managed database accepts connections, or the external one can be used.",
    CACHE_READY: "The managed cache accepts connections, or the external one can be used.",
    MIGRATED: "The schema of the database is that of the release.",
    RECONCILING: "The operator still works on this generation (kstatus: InProgress).",
    STALLED: "Nothing goes on until a person acts (kstatus: Failed).",
    PAUSED: "The operator looks and reports, and changes nothing.",
    ACCESS_READY: "The public gets in. Absent without spec.access.",
    MONITORING_READY: "What spec.monitoring asks for has been made. Absent when it asks for nothing.",
    CREDENTIALS_CURRENT: "Generated credentials are as young as spec.credentials asks.",
    PENDING_ROLLOUT: "A change that replaces pods waits.",
    HIBERNATED: "The application sleeps, and all data is kept.",
    BACKUP_HEALTHY: "The newest backup is good and young enough. Absent without spec.backup.",
    BACKUP_VERIFIED: "A dump has been proven by restoring it, lately. Absent without spec.backup.",
    RELEASE_ACCEPTED: "What the spec asks for runs, or is on its way; False when it failed.",
}
"""What each condition says when it is True."""
