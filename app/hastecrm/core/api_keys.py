"""API keys as the door knows them: whom a key belongs to, remembered for a few seconds."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.identity import Principal
from hastecrm.core.remembered import Remembered

KEY_PREFIX: Final = "hcrm_"  # so that people, and scanners for leaked secrets, know one when they see it
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="hastecrm", error="invalid_token"'}

# Returns whom the key with this digest belongs to now, or None when it is none (any more).
Lookup = Callable[[bytes], Awaitable[Principal | None]]


def digest_of(key: str) -> bytes:
    """Return what is stored of a key; plain SHA-256 will do, as nobody guesses 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


class KeyHolders:
    """Whom keys belong to; a key may outlive its end in another process for `seconds`."""

    def __init__(self, lookup: Lookup, seconds: float) -> None:
        self._lookup = lookup
        self._known: Remembered[bytes, Principal] = Remembered(seconds)

    async def principal(self, key: str, workspace: UUID | None) -> Principal:
        """Return who asks, in no role where another `workspace` is named; raises `HTTPError` for no key."""
        found = await self._holder(digest_of(key))
        if workspace in (None, found.workspace):
            return found
        return Principal(workspace, None, found.user, key=found.key, scopes=found.scopes)

    def forget_all(self) -> None:
        """Ask the database again for every key: one has ended, or a role or a membership has changed."""
        self._known.forget_all()

    async def _holder(self, digest: bytes) -> Principal:
        if (known := self._known.get(digest)) is not None:
            return known
        asked_at = self._known.changes
        found = await self._lookup(digest)
        if found is None:
            detail = "This API key is not known: it has expired, or someone has ended it."
            raise HTTPError(detail, code=Code.AUTH_REQUIRED, headers=_CHALLENGE)
        self._known.put(digest, found, asked_at=asked_at)
        return found
