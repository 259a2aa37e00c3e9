"""Where a card lies in its column: texts that sort byte by byte, with room for another one between any two.

The scheme: nine base-62 digits that count backwards in microseconds, so that what comes in later lies above,
without a look at what is there already; then as many digits as it takes to lie between two neighbours. The
last digits are chance, so that two people who drop a card into the same gap do not get the same place. A
place never ends in `0`, because nothing would fit between `a` and `a0`. Pure: chance and time come in.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST: Final = 200  # as the column has it; a place this long takes a thousand drops into one shrinking gap
_BASE: Final = len(DIGITS)
_WIDTH: Final = 9
_END: Final = _BASE**_WIDTH - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VALUES: Final = {digit: value for value, digit in enumerate(DIGITS)}


def on_top(now: datetime, chance: int, number: int = 0) -> str:
    """Return the place of what comes into a column now; of several at once, `number` 0 lies highest."""
    micros = (now - _EPOCH) // timedelta(microseconds=1)
    return _counted(_END - micros + number) + _tail(chance)


def between(above: str | None, below: str | None, chance: int) -> str:
    """Return a place below one place and above another; None is the end of the column.

    Raises ValueError where `above` does not lie above `below`.
    """
    if above is None and below is None:
        raise ValueError("an empty column needs no place between")
    if above is None or below is None:
        return _outside(above, below) + _tail(chance)
    if above >= below:
        raise ValueError("there is no room between places that are not in order")
    return _middle(above, below) + _tail(chance)


def checked(place: str) -> str:
    """Return a place that a client hands back; raises ValueError for what is none."""
    if not set(place) <= set(DIGITS):
        raise ValueError("only digits of places")
    return place


def _outside(above: str | None, below: str | None) -> str:
    """Return the nine digits before or after a place: ends never make places longer."""
    if above is not None:
        return _counted(min(_count(above) + 1, _END))
    return _counted(max(_count(below or "") - 1, 0))


def _middle(above: str, below: str) -> str:
    """Return digits such that whatever follows them still lies between."""
    digits = ""
    is_below_free = False  # whether the digits so far are smaller than those of `below`
    for place in range(max(len(above), len(below)) + 2):
        low = _digit(above, place)
        high = _BASE if is_below_free else _digit(below, place)
        if high - low > 1:
            return digits + DIGITS[(low + high) // 2]
        digits += DIGITS[low]
        is_below_free = is_below_free or high > low
    raise ValueError("unreachable: the places differ")


def _digit(text: str, place: int) -> int:
    return _VALUES[text[place]] if place < len(text) else 0


def _count(text: str) -> int:
    number = 0
    for place in range(_WIDTH):
        number = number * _BASE + _digit(text, place)
    return number


def _counted(number: int) -> str:
    digits = ""
    for _ in range(_WIDTH):
        number, rest = divmod(number, _BASE)
        digits = DIGITS[rest] + digits
    return digits


def _tail(chance: int) -> str:
    """Return two digits of chance, the last of which is not 0."""
    first, last = divmod(chance % (_BASE * (_BASE - 1)), _BASE - 1)
    return DIGITS[first] + DIGITS[last + 1]
