"""What a condition says, first without its times. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from hastecrm_operator.engine.moments import text


class Verdict(NamedTuple):
    """A condition without its times."""

    status: str
    reason: str
    message: str


def yes(reason: str, message: str = "") -> Verdict:
    """Return the verdict that it holds."""
    return Verdict("True", reason, message)


def no(reason: str, message: str = "") -> Verdict:
    """Return the verdict that it does not hold."""
    return Verdict("False", reason, message)


def unknown(reason: str, message: str = "") -> Verdict:
    """Return the verdict that nobody can tell yet."""
    return Verdict("Unknown", reason, message)


def stamped(
    kind: str, verdict: Verdict, generation: int, before: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return a condition; its time stays that of `before` while its status does."""
    old = next((c for c in before.get("conditions", ()) if c["type"] == kind), None)
    since = old["lastTransitionTime"] if old and old["status"] == verdict.status else text(now)
    return {
        "type": kind,
        **verdict._asdict(),
        "lastTransitionTime": since,
        "observedGeneration": generation,
    }
