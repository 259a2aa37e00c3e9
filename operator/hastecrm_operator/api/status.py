"""What the operator reports about a HasteCRM."""

from pydantic import Field

from hastecrm_operator.api.conditions import Condition
from hastecrm_operator.api.model import Observed


class SchemaStatus(Observed):
    """The database schema, as the last migration reported it."""

    version: int = Field(description="Version of the schema. Example: 12.")
    compatible_from: int = Field(
        description="Oldest version of the application's schema that runs on it. Example: 9."
    )


class TierStatus(Observed):
    """Pods of one tier."""

    desired: int = Field(description="Pods that should run. Example: 3.")
    updated: int = Field(description="Pods that run the wanted release and configuration. Example: 3.")
    ready: int = Field(description="Pods that are ready. Example: 3.")


class Blocker(Observed):
    """Something that keeps the object from being ready, down to the container's last words."""

    object: str = Field(description="What does not run. Example: Deployment/acme-api.")
    pod: str | None = Field(None, description="One pod that shows it. Example: acme-api-6d5f8-x2x7p.")
    container: str | None = Field(None, description="The container of that pod. Example: api.")
    reason: str = Field(description="Why, as one word. Example: ImagePullBackOff.")
    message: str = Field(description="Why, as a sentence. Example: 'image localhost/app:9 cannot be pulled'.")
    fix: str | None = Field(None, description="What to do, as a sentence. Example: 'correct spec.version'.")
    log: str | None = Field(
        None,
        description="The last lines of the container's log; secrets are masked. "
        "Example: 'password authentication failed'.",
    )
    since: str | None = Field(
        None,
        description="Since when. Example: 2026-01-01T00:00:00Z.",
        json_schema_extra={"format": "date-time"},
    )


class CredentialsStatus(Observed):
    """Where the rotation of credentials stands."""

    phase: str = Field(description="Idle, Announcing, Switching or Retiring. Example: Idle.")
    rotated_at: str | None = Field(
        None,
        description="When the credentials in use were made. Example: 2026-01-01T00:00:00Z.",
        json_schema_extra={"format": "date-time"},
    )
    next_rotation: str | None = Field(
        None,
        description="When they are due to be replaced. Example: 2026-04-01T00:00:00Z.",
        json_schema_extra={"format": "date-time"},
    )
    message: str | None = Field(
        None, description="What the rotation waits for. Example: '2 sessions of the old user'."
    )


class PendingRollout(Observed):
    """A change that replaces pods and that waits."""

    reason: str = Field(description="MaintenanceWindow or NewRender. Example: NewRender.")
    message: str = Field(
        description="What waits, for what, and how to let it go now. "
        "Example: 'waits for the window of Sat 02:00'."
    )
    changes: tuple[str, ...] = Field(
        (),
        description="Workloads whose pods would be replaced. Example: Deployment/acme-api.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    not_before: str | None = Field(
        None,
        description="When the next window opens. Example: 2026-01-03T02:00:00Z.",
        json_schema_extra={"format": "date-time"},
    )


class RejectedRelease(Observed):
    """A release that failed; the same one is not tried again by itself."""

    hash: str = Field(description="Hash of what was asked for. Example: 5d41402abc4b.")
    reason: str = Field(description="Why, as one word. Example: JourneyFailed.")
    message: str = Field(description="Why, with last words. Example: 'sign-in answered 500'.")
    at: str = Field(description="When. Example: 2026-01-01T00:00:00Z.")


class CanaryStatus(Observed):
    """Where a release stands whose pods come step by step."""

    step: int = Field(description="The step, counted from 1. Example: 2.")
    passed_at: str | None = Field(
        None, description="Since when it is good and pauses. Example: 2026-01-01T00:03:00Z."
    )


class ReleaseStatus(Observed):
    """Where the current release stands."""

    phase: str = Field(
        description="Idle, Planning, BackingUp, Migrating, Canary, RollingOut, Verifying, Promoted, "
        "RollingBack, RolledBack or Frozen. Example: Verifying."
    )
    revision: int | None = Field(None, description="Revision that is being released. Example: 8.")
    target: str | None = Field(None, description="Hash of what is being released. Example: 5d41402abc4b.")
    version: str | None = Field(None, description="Its version. Example: 1.5.0.")
    started_at: str | None = Field(None, description="When it began. Example: 2026-01-01T00:00:00Z.")
    phase_started_at: str | None = Field(
        None, description="When this phase began. Example: 2026-01-01T00:02:00Z."
    )
    backup: str | None = Field(None, description="The dump taken before it. Example: acme-20260101t000000z.")
    message: str | None = Field(None, description="What happens now. Example: '40 s of 60 s measured'.")
    canary: CanaryStatus | None = Field(None, description="The step of spec.release.canary.")
    rejected: tuple[RejectedRelease, ...] = Field(
        (),
        description="The last releases that failed.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )


class RollbackStatus(Observed):
    """What going back would mean, before it is needed."""

    verdict: str = Field(description="Safe, NeedsRestore or Freeze. Example: Safe.")
    to: int | None = Field(None, description="Revision that it would go back to. Example: 6.")
    reason: str | None = Field(None, description="Why. Example: 'revision 6 runs on schema 12'.")


class DumpStatus(Observed):
    """One dump."""

    name: str = Field(description="Its HasteCRMBackup. Example: acme-20260101t020000z.")
    at: str = Field(description="When it was taken. Example: 2026-01-01T02:00:00Z.")
    bytes: int | None = Field(None, description="Its size. Example: 1048576.")
    sha256: str | None = Field(None, description="Its checksum. Example: 9f86d081884c.")
    duration: str | None = Field(None, description="How long it took. Example: 12s.")


class FailedDump(Observed):
    """The last backup that failed."""

    at: str = Field(description="When. Example: 2026-01-01T02:00:00Z.")
    reason: str = Field(description="Why. Example: 'no space left on device'.")


class VerifiedDump(Observed):
    """The last dump that was restored and checked."""

    name: str = Field(description="Its HasteCRMBackup. Example: acme-20260101t020000z.")
    at: str = Field(description="When it was proven. Example: 2026-01-04T03:00:00Z.")
    rto: str | None = Field(None, description="How long the restore took. Example: 42s.")
    rpo: str | None = Field(None, description="How old the dump was then. Example: 1h2m.")


class BackupStatus(Observed):
    """Where the backups stand."""

    last_success: DumpStatus | None = Field(None, description="The newest good dump.")
    last_failure: FailedDump | None = Field(None, description="The newest failure.")
    last_verified: VerifiedDump | None = Field(None, description="The newest proof.")
    next: str | None = Field(None, description="When the next one is due. Example: 2026-01-02T02:00:00Z.")
    count: int | None = Field(None, description="Dumps that are kept. Example: 9.")


class HasteCRMStatus(Observed):
    """What was seen last; written by the operator only."""

    observed_generation: int | None = Field(
        None,
        description="Generation of the spec that this status is about. Example: 4.",
        json_schema_extra={"format": "int64"},
    )
    phase: str | None = Field(
        None, description="One word for people; machines read the conditions. Example: Ready."
    )
    endpoint: str | None = Field(
        None, description="URL under which the CRM is reached. Example: https://crm.example.com."
    )
    version: str | None = Field(None, description="Release that fully runs. Example: 1.4.2.")
    revision: int | None = Field(None, description="Revision that fully runs. Example: 7.")
    schema_: SchemaStatus | None = Field(None, alias="schema", description="The database schema.")
    release: ReleaseStatus | None = Field(None, description="Where the current release stands.")
    rollback: RollbackStatus | None = Field(None, description="What going back would mean.")
    backup: BackupStatus | None = Field(None, description="Where the backups stand.")
    api: TierStatus | None = Field(None, description="Pods of the api tier.")
    web: TierStatus | None = Field(None, description="Pods of the web tier.")
    worker: TierStatus | None = Field(None, description="Pods of the worker tier.")
    selector: str | None = Field(
        None,
        description="Label selector of the api pods, for autoscalers. "
        "Example: app.kubernetes.io/instance=acme,app.kubernetes.io/component=api.",
    )
    credentials: CredentialsStatus | None = Field(
        None, description="Where the rotation of credentials stands."
    )
    pending_rollout: PendingRollout | None = Field(
        None, description="A change that replaces pods and that waits."
    )
    blocking: tuple[Blocker, ...] = Field(
        (),
        description="What keeps the object from being ready, with the way out.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        description="What holds of the object; wait for Ready.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
