"""Making, listing and ending API keys."""

from typing import Protocol
from uuid import UUID

from hastecrm.core.api_keys import digest_of
from hastecrm.core.bodies import not_found
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal, Role
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.api_keys.domain import MOST, APIKey, Draft, new_key, prefix_of
from hastecrm.features.api_keys.repository import APIKeys

_SEE_ALL = frozenset({Role.OWNER, Role.ADMIN})


class Known(Protocol):
    """What this process remembers about keys."""

    def forget_all(self) -> None:
        """Make a key's end count from the next request on."""


class APIKeyService:
    """What a principal can do with keys: with their own, or with everyone's where they run the workspace."""

    def __init__(self, keys: APIKeys, known: Known, clock: Clock) -> None:
        self._keys = keys
        self._known = known
        self.clock = clock

    async def page(self, who: Principal, request: PageRequest) -> Page[APIKey]:
        """Return the newest keys."""
        found = await self._keys.page(who, _whose(who), request)
        return Page.of(found, request, lambda key: (key.created_at, key.id))

    async def create(self, who: Principal, draft: Draft) -> tuple[APIKey, str]:
        """Make a key; return it and its secret, which is nowhere else; raises `BusinessError`."""
        if who.user is None or who.key is not None:
            detail = "Only a person makes API keys: sign in for it."
            raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
        if await self._keys.count(who) >= MOST:
            detail = f"You have {MOST} API keys, and more are not allowed: delete those that you do not need."
            raise BusinessError(detail, code=Code.BIZ_CONFLICT)
        secret = new_key()
        key = await self._keys.add(who, uuid7(), (prefix_of(secret), digest_of(secret)), draft)
        return key, secret

    async def delete(self, who: Principal, key_id: UUID) -> None:
        """End a key at once; raises `BusinessError` when there is none that is theirs to end."""
        if not await self._keys.remove(who, _whose(who), key_id):
            raise not_found("API key")
        self._known.forget_all()


def _whose(who: Principal) -> UUID | None:
    return None if who.role in _SEE_ALL else who.user
