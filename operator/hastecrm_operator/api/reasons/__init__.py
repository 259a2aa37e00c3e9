"""Every reason that a condition, a blocker or an event may give: stable words, a file per subject."""

from typing import Final

from hastecrm_operator.api.reasons.access import Access, Monitoring
from hastecrm_operator.api.reasons.backups import Backups, Dumps, Requested
from hastecrm_operator.api.reasons.dumps import DumpFailures
from hastecrm_operator.api.reasons.lifecycle import Adoption, Deletions, Rollouts, Rotation
from hastecrm_operator.api.reasons.migrations import MigrationFailures
from hastecrm_operator.api.reasons.overall import Deeds, Overall, Refused
from hastecrm_operator.api.reasons.reason import Reason
from hastecrm_operator.api.reasons.releases import Analysis, Releases
from hastecrm_operator.api.reasons.restores import RestoreFailures, Restores
from hastecrm_operator.api.reasons.stores import Connections, Migrations, References, Stores, Volumes
from hastecrm_operator.api.reasons.workloads import Workloads

SUBJECTS: Final[tuple[type[Reason], ...]] = (
    Overall,
    Refused,
    References,
    Stores,
    Volumes,
    Connections,
    Migrations,
    MigrationFailures,
    Access,
    Monitoring,
    Rotation,
    Rollouts,
    Releases,
    Analysis,
    Deletions,
    Backups,
    Requested,
    Dumps,
    DumpFailures,
    Restores,
    RestoreFailures,
    Adoption,
    Workloads,
    Deeds,
)
"""The enumerations, in the order in which the reference tells them."""

__all__ = [
    "SUBJECTS",
    "Access",
    "Adoption",
    "Analysis",
    "Backups",
    "Connections",
    "Deeds",
    "Deletions",
    "DumpFailures",
    "Dumps",
    "MigrationFailures",
    "Migrations",
    "Monitoring",
    "Overall",
    "Reason",
    "References",
    "Refused",
    "Releases",
    "Requested",
    "RestoreFailures",
    "Restores",
    "Rollouts",
    "Rotation",
    "Stores",
    "Volumes",
    "Workloads",
]
