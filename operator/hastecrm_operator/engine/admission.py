"""Why the API server takes no pods of a workload, from the sentence that a controller passes on. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from hastecrm_operator.api.reasons import Workloads

_REFUSALS: Final[Sequence[tuple[str, Workloads, str]]] = (
    (
        r"exceeded quota|failed quota",
        Workloads.QUOTA_EXCEEDED,
        "raise the ResourceQuota, or ask for less in spec.….resources or spec.size",
    ),
    (
        r"violates PodSecurity",
        Workloads.POD_SECURITY_VIOLATION,
        "correct what podTemplate adds to the pods, or label the namespace with the level that it needs",
    ),
    (
        r"failed calling webhook",
        Workloads.WEBHOOK_FAILED,
        "bring the webhook back, or let it fail open (failurePolicy: Ignore)",
    ),
    (
        r"denied the request|ValidatingAdmissionPolicy",
        Workloads.WEBHOOK_REFUSED,
        "ask whoever runs that webhook or policy what it wants",
    ),
    (
        r"usage per (Container|Pod) is|LimitRange",
        Workloads.LIMIT_RANGE_VIOLATION,
        "change spec.….resources, or the LimitRange of the namespace",
    ),
    (
        r"has timed out progressing",
        Workloads.NOT_PROGRESSING,
        "see the log of its pods, and whether they become ready",
    ),
)
_OTHERWISE: Final = (Workloads.PODS_REFUSED, "correct what the message names")


def refusal_of_pods(message: str) -> tuple[Workloads, str]:
    """Return the reason why pods are not made, and what to do about it."""
    found = ((reason, fix) for pattern, reason, fix in _REFUSALS if re.search(pattern, message))
    return next(found, _OTHERWISE)
