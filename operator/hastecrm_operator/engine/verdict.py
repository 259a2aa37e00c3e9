"""What a condition says, without its times."""

from typing import NamedTuple


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
