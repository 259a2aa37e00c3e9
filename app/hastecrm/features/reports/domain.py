"""What a report is asked for: a window of days in a time zone, a pipeline, an owner. No I/O, no clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from hastecrm.core.bodies import parse_query_id
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.records.listing import OwnedBy, parse_owner

LONGEST: Final = 1_830  # days of one report: five years
USUAL: Final = 365
_DAY: Final = timedelta(days=1)
_YEARS: Final = (1970, 2200)
T = TypeVar("T")


class Period(StrEnum):
    """What a window is cut into."""

    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"
    QUARTER = "quarter"

    def start(self, day: date) -> date:
        """Return the first day of the period that a day lies in."""
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - day.weekday() * _DAY
            case Period.MONTH:
                return day.replace(day=1)
            case Period.QUARTER:
                return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)

    def following(self, start: date) -> date:
        """Return the start of the next period."""
        days = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31, Period.QUARTER: 92}
        return self.start(start + days[self] * _DAY)


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a report, the first and the last included, and what they are cut into."""

    first: date
    last: date
    period: Period
    zone: ZoneInfo

    @property
    def labels(self) -> Sequence[date]:
        """The first day of each period; the first one may have begun before the window."""
        return list(takewhile(lambda start: start <= self.last, self._starts()))

    def _starts(self) -> Iterator[date]:
        start = self.period.start(self.first)
        while True:
            yield start
            start = self.period.following(start)

    @property
    def days(self) -> Sequence[date]:
        """Where each period begins within the window, and the day after the last."""
        return [self.first, *self.labels[1:], self.last + _DAY]

    @property
    def moments(self) -> Sequence[datetime]:
        """The same as moments: midnights of the time zone."""
        return [datetime.combine(day, time(), self.zone).astimezone(UTC) for day in self.days]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is to be about; `None` is everything."""

    window: Window | None = None
    pipeline: UUID | None = None
    owner: OwnedBy | None = None


class Holds(StrEnum):
    """What a column of a report holds."""

    TEXT = "text"
    ID = "id"
    DAY = "day"
    COUNT = "count"
    MONEY = "money"  # two decimals; a string in JSON, so that no client rounds it


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report."""

    name: str
    holds: Holds
    description: str
    nullable: bool = False


@dataclass(frozen=True, eq=False)
class Report:
    """A report: its columns and the statement that makes its rows.

    `sql` may name {period}, {within}, {owned}, {pipeline}: the label of a row's period, and conditions over
    the columns `moment` (with `is_dated` a date), `owner` and `pipeline`, empty where nothing is asked for.
    """

    name: str
    summary: str
    columns: Sequence[Column]
    sql: str
    moment: str | None = None
    is_dated: bool = False
    is_ahead: bool = False  # whether it looks from today forward instead of back
    is_cut: bool = False  # whether its rows are by period
    owner: str = "owner_id"
    nobody: UUID | None = None  # what stands for nobody in `owner`, where that is not NULL
    pipeline: str | None = None

    @property
    def takes(self) -> Sequence[str]:
        """The query parameters that it takes, beside `format`."""
        window = ("from", "to", "timezone") if self.moment is not None else ()
        cut = ("period",) if self.is_cut else ()
        pipeline = ("pipeline",) if self.pipeline is not None else ()
        return (*window, *cut, *pipeline, "owner")

    @property
    def type_name(self) -> str:
        """The name in types and operations: `NewContacts`."""
        return "".join(word.capitalize() for word in self.name.split("-"))


def wanted_of(report: Report, query: Mapping[str, str], now: datetime) -> Wanted:
    """Return what a query string asks of a report; raises `InvalidInputError`.

    Without `to` and `from` a report looks a year back from today, or ahead.
    """
    window = _window(report, query, now) if report.moment is not None else None
    pipeline = parse_query_id(query, "pipeline") if report.pipeline is not None else None
    return Wanted(window, pipeline, parse_owner(query))


def _window(report: Report, query: Mapping[str, str], now: datetime) -> Window:
    zone = _parsed(query, "timezone", ZoneInfo, "must be a time zone such as Europe/Vienna") or ZoneInfo(
        "UTC"
    )
    today = now.astimezone(zone).date()
    told = f"must be a date such as 2026-01-31, from {_YEARS[0]} to {_YEARS[1]}"
    first, last = (_parsed(query, name, _date, told) for name in ("from", "to"))
    if report.is_ahead:
        first = first or (last - USUAL * _DAY if last is not None else today)
        last = last or first + USUAL * _DAY
    else:
        last = last or (first + USUAL * _DAY if first is not None and first > today else today)
        first = first or last - (USUAL - 1) * _DAY
    if not first <= last < first + LONGEST * _DAY:
        raise _wrong("to", f"must be the same day as `from` or later, and at most {LONGEST} days in all")
    cut = _parsed(query, "period", Period, f"must be one of {', '.join(Period)}") if report.is_cut else None
    return Window(first, last, cut or Period.MONTH, zone)


def _parsed(query: Mapping[str, str], name: str, parse: Callable[[str], T], told: str) -> T | None:
    if name not in query:
        return None
    try:
        return parse(query[name])
    except (ValueError, OSError, KeyError) as exc:
        raise _wrong(name, told) from exc


def _date(text: str) -> date:
    day = date.fromisoformat(text)
    if len(text) != len("2026-01-31") or not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueError(text)
    return day


def _wrong(name: str, told: str) -> InvalidInputError:
    return InvalidInputError(f"{name} {told}.", errors=[FieldProblem(name, told, in_query=True)])


Row = Mapping[str, Any]
