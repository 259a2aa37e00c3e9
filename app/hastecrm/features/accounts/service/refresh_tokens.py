"""Refresh tokens: 256 bits that say nothing. No I/O here.

A token's successor is derived from it with a key that only the server has. So when two tabs refresh at once,
both are given the same successor, although only hashes are stored, and a family of tokens never splits.
"""

import hmac
from base64 import urlsafe_b64encode
from secrets import token_bytes

from hastecrm.core.keys import KeyRing
from hastecrm.features.accounts.domain import token_hash


class RefreshTokens:
    """Makes refresh tokens."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def first(self) -> str:
        """Return a new token, for a new session."""
        return _text(token_bytes(32))

    def after(self, token: str) -> str:
        """Return the token that takes its place."""
        return _derived(self._ring.current.secret, token)

    def known_successor(self, token: str, stored: bytes | None) -> str | None:
        """Return the successor that was given out, found again by its hash; None if its key is gone."""
        candidates = (_derived(key.secret, token) for key in self._ring.keys)
        return next((each for each in candidates if token_hash(each) == stored), None)


def _derived(key: bytes, token: str) -> str:
    return _text(hmac.digest(key, token.encode("utf-8", "surrogatepass"), "sha256"))


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
