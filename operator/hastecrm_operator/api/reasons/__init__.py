"""Every reason that a condition, a blocker or an event may give: stable words, a file per subject."""

from typing import Final

from hastecrm_operator.api.reasons.access import Access
from hastecrm_operator.api.reasons.lifecycle import Rollouts
from hastecrm_operator.api.reasons.overall import Overall, Refused
from hastecrm_operator.api.reasons.reason import Reason
from hastecrm_operator.api.reasons.stores import Migrations, References, Stores
from hastecrm_operator.api.reasons.workloads import Workloads

SUBJECTS: Final = (Overall, Refused, References, Stores, Migrations, Access, Rollouts, Workloads)
"""The enumerations, in the order in which the reference tells them."""

__all__ = [
    "SUBJECTS",
    "Access",
    "Migrations",
    "Overall",
    "Reason",
    "References",
    "Refused",
    "Rollouts",
    "Stores",
    "Workloads",
]
