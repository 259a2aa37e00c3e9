"""Times and sizes as people say them."""

from datetime import UTC, datetime
from typing import Final

_STEPS: Final = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def moment(text: str | None) -> datetime | None:
    """Return the time that an object says; None when it says none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def span(seconds: float) -> str:
    """Return a duration in its two largest units, like 3d4h."""
    rest, parts = int(abs(seconds)), []
    for size, unit in _STEPS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts[:2]) or "0s"


def age(text: str | None, now: datetime) -> str:
    """Return how long ago a time was; "-" for none."""
    then = moment(text)
    return span((now - then).total_seconds()) if then else "-"


def due(text: str | None, now: datetime) -> str:
    """Return in how long a time comes, or how long ago it was."""
    then = moment(text)
    if then is None:
        return "-"
    left = (then - now).total_seconds()
    return f"in {span(left)}" if left >= 0 else f"{span(left)} ago"


def size(count: int | None) -> str:
    """Return a number of bytes like 12.3 MiB; "-" for none."""
    if count is None:
        return "-"
    amount = float(count)
    for unit in _UNITS:
        if amount < 1024 or unit == _UNITS[-1]:
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
