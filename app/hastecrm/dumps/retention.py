"""Which dumps may go. No I/O here, and no clock: days and weeks are those of the dumps themselves, in UTC."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hastecrm.dumps.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Rules:
    """How many dumps are kept: the newest, and the newest of the last days and weeks that have one."""

    last: int
    daily: int
    weekly: int


def superfluous(manifests: Iterable[Manifest], rules: Rules) -> list[Manifest]:
    """Return the dumps that no rule wants, oldest first, given all good ones.

    A dump goes only when at least `last` newer good ones stay. Where dumps are proven by restoring them, one
    goes only when a newer one that was proven stays: those after it may turn out to be worth less.
    """
    newest_first = sorted(manifests, key=lambda each: (each.taken_at, each.name), reverse=True)
    proven = [number for number, each in enumerate(newest_first) if each.verified_at is not None][:1]
    uncovered = newest_first[: proven[0] + 1] if proven else []
    wanted = {
        each.name
        for each in (
            *newest_first[: max(1, rules.last)],
            *_newest_of(newest_first, rules.daily, _day),
            *_newest_of(newest_first, rules.weekly, _week),
            *uncovered,
        )
    }
    return [each for each in reversed(newest_first) if each.name not in wanted]


def _newest_of(
    newest_first: Sequence[Manifest], count: int, period: Callable[[datetime], Hashable]
) -> list[Manifest]:
    newest: dict[Hashable, Manifest] = {}
    for each in newest_first:
        newest.setdefault(period(each.taken_at.astimezone(UTC)), each)
    return list(newest.values())[:count]


def _day(moment: datetime) -> Hashable:
    return moment.date()


def _week(moment: datetime) -> Hashable:
    return moment.isocalendar()[:2]
