"""Sees by watches, never by polling, when children and ready objects are there."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from bench.service.program import BenchError

from hastecrm_operator.api.names import MANAGED_SELECTOR

from .client import Body, Client
from .running import running

OBJECTS = "/apis/hastecrm.io/v1alpha1/hastecrms"
Listener = Callable[[str, str, Body], None]  # collection, event, object
Name = tuple[str, str]  # collection, name


class Watching:
    """Watches collections of the whole cluster; tells listeners by collection."""

    def __init__(self, client: Client, collections: Iterable[str]) -> None:
        self._client = client
        self.collections = sorted({*collections, OBJECTS})
        self.children: dict[Name, str] = {}
        """Every live child and its uid."""
        self.missing: set[Name] = set()
        """Children that are waited for and have not been seen yet; whoever waits fills it."""
        self.ready: set[str] = set()
        self.listeners: list[tuple[str, Listener]] = []
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Watch until the context ends; what exists already is taken in first."""
        paths = {c: c if c == OBJECTS else f"{c}?labelSelector={MANAGED_SELECTOR}" for c in self.collections}
        versions = {collection: await self._list(collection, path) for collection, path in paths.items()}
        async with running(*(self._follow(c, path, versions[c]) for c, path in paths.items())):
            yield

    async def until(self, wanted: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> float:
        """Return the time of the event that made it so; raises BenchError with `otherwise`."""
        deadline = time.monotonic() + seconds
        while not wanted():
            self._changed.clear()
            try:
                async with asyncio.timeout_at(
                    asyncio.get_running_loop().time() + deadline - time.monotonic()
                ):
                    await self._changed.wait()
            except TimeoutError:
                raise BenchError(otherwise()) from None
        return time.monotonic()

    async def _list(self, collection: str, path: str) -> str:
        found = await self._client.send("GET", path)
        for body in found["items"]:
            self._take(collection, "ADDED", body)
        return str(found["metadata"]["resourceVersion"])

    async def _follow(self, collection: str, path: str, version: str) -> None:
        async for event, body in self._client.watch(path, version):
            self._take(collection, event, body)
            self._changed.set()
        raise BenchError(f"the bench's own watch of {collection} ended")

    def _take(self, collection: str, event: str, body: Body) -> None:
        if event == "ERROR":
            raise BenchError(f"watch of {collection}: {body.get('message')}")
        if collection == OBJECTS:
            self._note_object(event, body)
        elif event == "DELETED":
            self.children.pop((collection, body["metadata"]["name"]), None)
        else:
            name = (collection, body["metadata"]["name"])
            self.children[name] = body["metadata"]["uid"]
            self.missing.discard(name)
        for wanted, listener in self.listeners:
            if wanted == collection:
                listener(collection, event, body)

    def _note_object(self, event: str, body: Body) -> None:
        name = body["metadata"]["name"]
        if event != "DELETED" and _is_ready(body):
            self.ready.add(name)
        else:
            self.ready.discard(name)


def _is_ready(body: dict[str, Any]) -> bool:
    conditions = body.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
