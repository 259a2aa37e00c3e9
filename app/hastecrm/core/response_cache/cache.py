"""Answers operations that are `cached` from Redis, and makes what is missing once for all who want it."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter

from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.operations import Cached, Operation, operation_of
from hastecrm.core.response_cache.entries import Entry, Keys
from hastecrm.core.response_cache.flights import Flights
from hastecrm.core.response_cache.shared import Shared
from hastecrm.core.response_cache.versions import WorkspaceVersions
from hastecrm.core.scope import Scope

# How long others wait for the process that makes an answer before they make it themselves, and how soon the
# right to make it lapses when that process has died.
PATIENCE: Final = 2.0
LEASE: Final = 3.0
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.08
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One request for a cached answer."""

    operation: Operation
    terms: Cached
    scope: Scope
    key: str


class ResponseCache:
    """The middleware and what it needs."""

    def __init__(
        self, shared: Shared, keys: Keys, versions: WorkspaceVersions, registry: CollectorRegistry
    ) -> None:
        self._shared = shared
        self._keys = keys
        self._versions = versions
        self._making = Flights()
        self._requests = Counter(
            "hastecrm_response_cache_requests",
            "Requests for cached answers: hit, miss, shared (made for another request), bypass.",
            ["route", "result"],
            registry=registry,
        )

    def add_to(self, app: web.Application) -> None:
        """Answer from the cache; call it after `access_control`, which says for whom."""

        @web.middleware
        async def cached(request: web.Request, handler: Handler) -> web.StreamResponse:
            operation = operation_of(request)
            if operation is None or operation.cached is None or request.method not in _SAFE:
                return await handler(request)
            response, result = await self._answer(request, handler, operation, operation.cached)
            self._requests.labels(operation.path, result).inc()
            return response

        app.middlewares.append(cached)

    async def _answer(
        self, request: web.Request, handler: Handler, operation: Operation, terms: Cached
    ) -> tuple[web.StreamResponse, str]:
        wanted = self._wanted(request, operation, terms)
        if wanted is None:
            return await handler(request), "bypass"
        seen = await self._shared.look(self._keys.version(wanted.scope.workspace), wanted.key)
        if seen is None:
            return await handler(request), "bypass"
        version = await self._versions.newest(wanted.scope, seen.version)
        entry = Entry.read(seen.entry, version)
        self._shared.tell(found=entry is not None)
        if entry is not None:
            return entry.response(), "hit"
        (entry, made), mine = await self._making.run(
            (wanted.key, version), lambda: self._make(wanted, version, request, handler)
        )
        return entry.response(), "miss" if made and mine else "shared"

    def _wanted(self, request: web.Request, operation: Operation, terms: Cached) -> _Wanted | None:
        scope = request[PRINCIPAL].scope
        if scope.workspace is None or self._versions.is_in_doubt(scope.workspace):
            return None
        if any(name in request.query for name in terms.unless):
            return None
        # What the operation does not read must not make another key, or anyone could make millions.
        names = [each.name for each in operation.parameters if each.where == "query"]
        query = [[name, *request.query.getall(name, [])] for name in names]
        key = self._keys.entry(operation.name, scope, request.match_info, query)
        return _Wanted(operation, terms, scope, key)

    async def _make(
        self, wanted: _Wanted, version: str, request: web.Request, handler: Handler
    ) -> tuple[Entry, bool]:
        me = uuid4().hex
        if (entry := await self._made_elsewhere(wanted.key, version, me)) is not None:
            return entry, False
        text = None
        try:
            entry = Entry.of(await handler(request))
            text = entry.stored(version)
        finally:
            if text is None:
                await self._shared.release(wanted.key, me)
        if text is not None:
            await self._shared.keep(wanted.key, text, me, wanted.terms.seconds)
        return entry, True

    async def _made_elsewhere(self, key: str, version: str, me: str) -> Entry | None:
        """Return what another process makes; None when it is for this one to make."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + PATIENCE, _FIRST_PAUSE
        while True:
            got = await self._shared.claim(key, version, me, LEASE)
            if isinstance(got, str):
                return Entry.read(got, version)
            if got is not False or loop.time() > deadline:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
