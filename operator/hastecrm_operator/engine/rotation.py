"""Decides the next step of a rotation of credentials from what is seen now. Pure; no value is seen here.

Level-based: a step that was decided and not taken is decided again. The order keeps a promise: no running pod
holds credentials that a server, or another pod, does not accept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hastecrm_operator.engine.moments import text
from hastecrm_operator.resources.rotation import (
    ANNOUNCING,
    IDLE,
    RECOVERING,
    RETIRING,
    SWITCHING,
    Mark,
)


@dataclass(frozen=True)
class Wishes:
    """What the object asks for: `every` = age at which credentials are replaced; `request` = "rotate now"."""

    every: timedelta | None = None
    request: str = ""
    overlap: timedelta = timedelta(days=7)
    """How long what was made with a previous key must stay good."""
    holds: str = ""
    """Why no rotation may begin, "" if one may."""


@dataclass(frozen=True)
class Part:
    """One generated Secret; `signs` = what it holds makes tokens, which outlive the pods that made them."""

    mark: Mark
    signs: bool = False


@dataclass(frozen=True)
class Sight:
    """What is seen: the Secrets by name, and how far the world has followed them."""

    parts: Mapping[str, Part]
    rolled: bool
    """Every pod of the application has started with the credentials of now."""
    proven: bool
    """Every announced user has signed in."""


def decide(sight: Sight, wishes: Wishes, now: datetime) -> dict[str, Mark]:
    """Return the marks of the Secrets that take a step now; nothing when nothing is to be done."""
    ready = all(_may_switch(p, sight) for p in sight.parts.values() if p.mark.phase == ANNOUNCING)
    steps = {name: _next(part, sight, wishes, now, ready=ready) for name, part in sight.parts.items()}
    return {name: mark for name, mark in steps.items() if mark != sight.parts[name].mark}


def _may_switch(part: Part, sight: Sight) -> bool:
    # Pods must know a key before another pod signs with it; a server must know a user before a pod is it.
    return sight.rolled if part.signs else sight.proven


def _next(part: Part, sight: Sight, wishes: Wishes, now: datetime, *, ready: bool) -> Mark:
    mark, stamp = part.mark, text(now)
    if mark.phase in {IDLE, RETIRING} and _should_begin(mark, wishes, now):
        return replace(mark.moved(ANNOUNCING, stamp), request=wishes.request)
    ends = {
        ANNOUNCING: (ready, SWITCHING),
        SWITCHING: (sight.rolled, RETIRING if part.signs else IDLE),
        RETIRING: (now >= time(mark.since, now) + wishes.overlap, IDLE),
        RECOVERING: (sight.rolled, IDLE),
    }
    is_over, following = ends.get(mark.phase, (False, IDLE))
    if is_over:
        return mark.moved(following, stamp)
    # An annotation that is taken away and set again is a new request, even if it says the same.
    return mark if wishes.request or mark.phase != IDLE else replace(mark, request="")


def _should_begin(mark: Mark, wishes: Wishes, now: datetime) -> bool:
    if wishes.holds:
        return False
    if wishes.request and wishes.request != mark.request:
        return True  # Asked for: what the key before the previous one made ends early.
    return mark.phase == IDLE and bool(wishes.every) and now >= due(mark, wishes, now)


def due(mark: Mark, wishes: Wishes, now: datetime) -> datetime:
    """Return when the values of a Secret are to be replaced; needs `wishes.every`."""
    return time(mark.made, now) + (wishes.every or timedelta.max)


def time(said: str, otherwise: datetime) -> datetime:
    """Return the time that an annotation says, or `otherwise` when it says none."""
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return otherwise
    return found if found.tzinfo else otherwise


def completed(mark: Mark, born: str, now: str) -> Mark:
    """Return the mark with the times that it has lost: its values are as old as their Secret, `born` then."""
    made = mark.made if _is_time(mark.made) else born
    lost = mark.phase != IDLE and not _is_time(mark.since)
    return replace(mark, made=made, since=now if lost else mark.since)


def _is_time(said: str) -> bool:
    never = datetime.min  # noqa: DTZ901 - no time that is told equals it
    return time(said, never) != never
