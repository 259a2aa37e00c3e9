"""Where people find what to do about a reason: a page for each condition, a section for each reason. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api import reasons as r

RUNBOOKS: Final = "https://hastecrm.io/docs/runbooks"
"""Where alerts lead; the pages of reasons are in the folder `reasons` there."""


class Page(NamedTuple):
    """What one page is about: conditions of a HasteCRM, or `Ready` of an object of another kind."""

    conditions: tuple[str, ...]
    reasons: tuple[r.Reason, ...]
    kind: str = names.KIND


def _of(*subjects: type[r.Reason], without: tuple[r.Reason, ...] = ()) -> tuple[r.Reason, ...]:
    return tuple(reason for subject in subjects for reason in subject if reason not in without)


_SUMMARIES: Final = (
    types.READY,
    types.AVAILABLE,
    types.PROGRESSING,
    types.RECONCILING,
    types.STALLED,
    types.PAUSED,
    types.HIBERNATED,
)
_PROOFS: Final = (r.Backups.VERIFIED, r.Backups.NEVER_VERIFIED, r.Backups.VERIFICATION_FAILED)
_OF_POSTGRES: Final = (
    r.Stores.POSTGRES_MAJOR_MISMATCH,
    r.Stores.CLUSTER_SERVES,
    r.Stores.CLUSTER_NOT_READY,
    r.Connections.DATABASE_MISSING,
    r.Connections.ROLE_TOO_POWERFUL,
)
_UNREADABLE: Final = (
    r.DumpFailures.DUMP_MISSING,
    r.DumpFailures.MANIFEST_DAMAGED,
    r.DumpFailures.DUMP_DAMAGED,
    r.DumpFailures.KEY_INVALID,
    r.DumpFailures.KEY_WRONG,
)
_STORES: Final = (r.Stores, r.Volumes, r.Connections)

PAGES: Final[Mapping[str, Page]] = MappingProxyType(
    {
        types.READY: Page(
            _SUMMARIES, _of(r.Overall, r.Refused, r.References, r.Adoption, r.Deletions, r.Deeds)
        ),
        types.DEGRADED: Page((types.DEGRADED,), _of(r.Workloads)),
        types.DATABASE_READY: Page(
            (types.DATABASE_READY,), _of(*_STORES, without=(r.Connections.OUT_OF_MEMORY,))
        ),
        types.CACHE_READY: Page((types.CACHE_READY,), _of(*_STORES, without=_OF_POSTGRES)),
        types.MIGRATED: Page((types.MIGRATED,), _of(r.Migrations, r.MigrationFailures)),
        types.ACCESS_READY: Page((types.ACCESS_READY,), _of(r.Access)),
        types.MONITORING_READY: Page((types.MONITORING_READY,), _of(r.Monitoring)),
        types.CREDENTIALS_CURRENT: Page((types.CREDENTIALS_CURRENT,), _of(r.Rotation)),
        types.PENDING_ROLLOUT: Page((types.PENDING_ROLLOUT,), _of(r.Rollouts)),
        types.RELEASE_ACCEPTED: Page((types.RELEASE_ACCEPTED,), _of(r.Releases, r.Analysis)),
        types.BACKUP_HEALTHY: Page((types.BACKUP_HEALTHY,), _of(r.Backups, without=_PROOFS)),
        types.BACKUP_VERIFIED: Page((types.BACKUP_VERIFIED,), (r.Backups.TOO_OLD, *_PROOFS)),
        names.BACKUP_KIND: Page((), _of(r.Requested, r.Dumps, r.DumpFailures), names.BACKUP_KIND),
        names.RESTORE_KIND: Page(
            (), (*_of(r.Requested, r.Restores, r.RestoreFailures), *_UNREADABLE), names.RESTORE_KIND
        ),
    }
)
"""The pages by their name, in the order in which the index lists them."""


def has_section(reason: r.Reason) -> bool:
    """Return whether there is more to say of a reason than to wait."""
    return reason.fix not in {"", "Wait."}


def runbook(condition: str, reason: str) -> str | None:
    """Return the page and section, such as `Degraded.md#oomkilled`, about a reason of a HasteCRM's condition.

    None for a reason of another product's, and for one about which nobody has to do anything.
    """
    own = [name for name, page in PAGES.items() if condition in page.conditions]
    for name in (*own, *PAGES):
        known = next((each for each in PAGES[name].reasons if each == reason), None)
        if known is not None:
            return f"{name}.md#{known.lower()}" if has_section(known) else None
    return None
