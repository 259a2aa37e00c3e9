"""The values of a filter as those of a field's type. The moment that relative ones count from comes in."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from hastecrm.core.records.filters.tree import Value

_RELATIVE = re.compile(r"([+-])(\d{1,5})([hdwmy])")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,6})?")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
                 "m": timedelta(days=30), "y": timedelta(days=365)}  # fmt: skip


class WrongValueError(Exception):
    """A value that does not fit; the message says what would."""


def text(value: Value) -> str:
    """Return text; a bare word or number is text too."""
    if "\x00" in value.text:
        raise WrongValueError("expected text without NUL")
    return value.text


def whole(value: Value) -> int:
    """Return a whole number that PostgreSQL's bigint holds."""
    if not _NUMBER.fullmatch(value.text) or "." in value.text:
        raise WrongValueError("expected a whole number such as 12")
    return int(value.text)


def decimal(value: Value) -> Decimal:
    """Return a number."""
    if not _NUMBER.fullmatch(value.text):
        raise WrongValueError("expected a number such as 1250 or 12.50")
    try:
        return Decimal(value.text)
    except InvalidOperation as exc:  # pragma: no cover - the pattern allows only numbers
        raise WrongValueError("expected a number such as 1250 or 12.50") from exc


def boolean(value: Value) -> bool:
    """Return true or false."""
    if value.text not in ("true", "false"):
        raise WrongValueError("expected true or false")
    return value.text == "true"


def identity(value: Value) -> UUID:
    """Return an id."""
    try:
        return UUID(value.text)
    except ValueError as exc:
        raise WrongValueError(
            'expected an id in quotes, such as "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"'
        ) from exc


def span(value: Value, now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment that a value means, and the first one after it: a date is a whole day (UTC)."""
    if value.text == "today" and not value.is_quoted:
        return _day(now.date())
    if match := _RELATIVE.fullmatch(value.text):
        return _relative(match, now)
    try:
        if len(value.text) == len("2026-01-01"):
            return _day(date.fromisoformat(value.text))
        moment = datetime.fromisoformat(value.text)
    except ValueError as exc:
        raise _no_moment() from exc
    return _moment(moment)


def day(value: Value, now: datetime) -> date:
    """Return a day."""
    return span(value, now)[0].date()


def _relative(match: re.Match[str], now: datetime) -> tuple[datetime, datetime]:
    sign = -1 if match[1] == "-" else 1
    try:
        moment = now + sign * int(match[2]) * _UNITS[match[3]]
    except OverflowError as exc:
        raise _no_moment() from exc
    return _moment(moment) if match[3] == "h" else _day(moment.date())


def _moment(moment: datetime) -> tuple[datetime, datetime]:
    if moment.tzinfo is None:
        raise WrongValueError("expected a time zone after the time, such as Z")
    try:
        first = moment.astimezone(UTC)
        return first, first + timedelta(microseconds=1)
    except OverflowError as exc:
        raise _no_moment() from exc


def _day(of: date) -> tuple[datetime, datetime]:
    first = datetime(of.year, of.month, of.day, tzinfo=UTC)
    try:
        return first, first + timedelta(days=1)
    except OverflowError as exc:
        raise _no_moment() from exc


def _no_moment() -> WrongValueError:
    return WrongValueError(
        "expected a date such as 2026-01-31, a moment such as 2026-01-31T09:00:00Z, today or -30d"
    )
