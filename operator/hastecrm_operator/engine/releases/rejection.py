"""Releases that failed are remembered, so that nobody tries the same one again and again. Pure.

What is remembered is an attempt: a release together with the value of the annotation that asks to retry. So
another value makes another attempt, and it need not be written down which requests have been heard.
"""

from typing import Final, NamedTuple

from hastecrm_operator.api.status import RejectedRelease
from hastecrm_operator.resources.revision import fingerprint

_KEPT: Final = 10
_LONGEST: Final = 1500  # characters
_HASH_LENGTH: Final = 12


class Failure(NamedTuple):
    """Why a release is not good, as a word and as a sentence with the last words of what failed."""

    reason: str
    message: str


Rejected = tuple[RejectedRelease, ...]


def attempt(target: str, retry: str) -> str:
    """Return the hash of one attempt; without a request to retry, it is the release's own."""
    return fingerprint([target, retry])[:_HASH_LENGTH] if retry else target


def run_of(tried: str, started: str | None) -> str:
    """Return the hash of one run of an attempt, which may run again after a rollback on request."""
    return fingerprint([tried, started])[:_HASH_LENGTH] if started else tried


def remembered(known: Rejected, tried: str, why: Failure, at: str) -> Rejected:
    """Return the list with this attempt at its head; it never grows beyond ten."""
    entry = RejectedRelease(hash=tried, reason=why.reason, message=why.message[:_LONGEST], at=at)
    return (entry, *(old for old in known if old.hash != tried))[:_KEPT]


def find(known: Rejected, tried: str) -> RejectedRelease | None:
    """Return why an attempt was rejected; None if it was not."""
    return next((entry for entry in known if entry.hash == tried), None)
