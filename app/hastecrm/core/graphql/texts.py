"""The texts of queries that clients name instead of sending them; and the only ones that run, if wanted.

A client names a query by its SHA-256 (Apollo's automatic persisted queries): who sends the text along, once,
stores it for everyone: in the process, and where there is a Redis in all of them.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Protocol

from hastecrm.core.cache import Cache
from hastecrm.core.codes import Code
from hastecrm.core.errors import InvalidInputError
from hastecrm.core.graphql.contract import GraphQLRequest

KEPT: Final = 256  # texts in the memory of a process
_SECONDS: Final = 7 * 86_400  # in Redis
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class Texts(Protocol):
    """Knows the texts of queries."""

    async def text(self, asked: GraphQLRequest) -> str:
        """Return the text of the query that is asked for; raises `InvalidInputError`."""

    async def store(self, asked: GraphQLRequest) -> None:
        """Store the text that came along with its name, now that it turned out to be valid."""


class StoredTexts:
    """Any query runs; those that came with their SHA-256 may be named by it."""

    def __init__(self, cache: Cache, prefix: str) -> None:
        self._cache = cache
        self._prefix = prefix
        self._known: dict[str, str] = {}

    async def text(self, asked: GraphQLRequest) -> str:
        """Return the text that was sent or stored; raises `InvalidInputError`."""
        name = name_of(asked)
        if asked.query is None:
            return await self._stored(name)
        if name is not None and name != digest(asked.query):
            raise _invalid("`sha256Hash` is not the SHA-256 of `query`.")
        return asked.query

    async def store(self, asked: GraphQLRequest) -> None:
        """Store a text that came along with its SHA-256."""
        name = name_of(asked)
        if asked.query is None or name is None or name in self._known:
            return
        self._keep(name, asked.query)
        await self._cache.put(self._prefix + name, asked.query, seconds=_SECONDS)

    async def _stored(self, name: str | None) -> str:
        if name is None:
            raise _invalid("Send `query`, or name one that is stored in `extensions.persistedQuery`.")
        if name in self._known:
            return self._known[name]
        text = await self._cache.get(self._prefix + name)
        if text is None or digest(text) != name:
            # Clients look for this very word.
            raise InvalidInputError("PersistedQueryNotFound", code=Code.VALIDATION_QUERY_NOT_STORED)
        self._keep(name, text)
        return text

    def _keep(self, name: str, text: str) -> None:
        if len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[name] = text


class AllowedTexts:
    """Only these queries run, by their own names, by their SHA-256, or sent as they are."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._by_name = {**{digest(text): text for text in texts.values()}, **texts}

    async def text(self, asked: GraphQLRequest) -> str:
        """Return the text if it is one of these; raises `InvalidInputError`."""
        name = name_of(asked)
        text = self._by_name.get(name or digest(asked.query or ""))
        if text is None or asked.query not in (None, text):
            raise InvalidInputError("The query is none of those that run here.", code=_NOT_ALLOWED)
        return text

    async def store(self, asked: GraphQLRequest) -> None:
        """Do nothing: all of them are known."""


def digest(text: str) -> str:
    """Return the name of a text."""
    return sha256(text.encode()).hexdigest()


def name_of(asked: GraphQLRequest) -> str | None:
    """Return the name under which a query is stored or to be stored; raises `InvalidInputError`."""
    given = (asked.extensions or {}).get("persistedQuery")
    if given is None:
        return None
    name = given.get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _invalid("`extensions.persistedQuery` must be an object with a `sha256Hash`.")
    return name


_NOT_ALLOWED: Final = Code.VALIDATION_QUERY_NOT_ALLOWED


def _invalid(detail: str) -> InvalidInputError:
    return InvalidInputError(detail, code=Code.VALIDATION_QUERY)
