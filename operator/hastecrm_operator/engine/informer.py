"""Keeps what is known of one kind up to date: everything first, then each change, and nothing is missed."""

import asyncio
import random
from contextlib import AsyncExitStack, aclosing
from typing import Protocol

import structlog

from hastecrm_operator.engine.cluster import JSON, Source
from hastecrm_operator.engine.errors import APIError, ExpiredError, KindNotInstalledError, RejectedError
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.telemetry.metrics import Metrics

log = structlog.get_logger()
_LONGEST_PAUSE = 10.0
_MISSING_PAUSE = 60.0  # a definition may be installed, or
_REFUSED_PAUSE = 15.0  # a permission be granted: nothing tells us
_SILENCE = 75.0  # seconds; bookmarks come about each minute

Identity = tuple[str, str]
"""Namespace and name."""


class Store(Protocol):
    """Remembers what an informer sees of its kind."""

    def put(self, live: JSON) -> Identity:
        """Take in an object that exists."""

    def remove(self, live: JSON) -> None:
        """Take in an object that was deleted, as it last was."""

    def keep_only(self, seen: set[Identity], version: int) -> None:
        """Forget all but these: `seen` is everything that there was at `version`."""

    def set_refusal(self, refusal: APIError | None) -> None:
        """Note that the kind cannot be watched, or that it can be again."""


class Informer:
    """Watches one kind in one namespace ("" for all) and tells its store what it sees."""

    def __init__(  # noqa: PLR0913 - wired in one place, and each is its own thing
        self,
        kind: Kind,
        source: Source,
        store: Store,
        metrics: Metrics,
        *,
        selector: str,
        namespace: str = "",
        lists: asyncio.Semaphore | None = None,
    ) -> None:
        """`lists` bounds how many informers list at once: many lists at once fragment the memory for good."""
        self.kind = kind
        self._lists = lists or asyncio.Semaphore()
        self.namespace = namespace
        self.synced = asyncio.Event()
        self.refusal: APIError | None = None
        self.last_heard = self.last_sign = _now()
        self.last_cut = float("-inf")
        self._source = source
        self._store = store
        self._selector = selector
        self._metrics = metrics
        self._version = 0
        self._listed: set[Identity] = set()
        self._pause = 0.0

    async def run(self) -> None:
        """Watch until cancelled; every failure is answered by another try."""
        while True:
            ending = await self._watch()
            self._metrics.watch_restarts.labels(self.kind.name, ending).inc()

    async def _watch(self) -> str:
        """Watch once; return why it ended."""
        try:
            await self._follow()
        except ExpiredError:
            self._version = 0
            return "expired"
        except TimeoutError:
            # Deaf, or of a kind that nobody has touched since the API server started: that gets no bookmarks.
            log.info("a watch was silent and is opened again", kind=self.kind.name, seconds=_SILENCE)
            return "silent"
        except (KindNotInstalledError, RejectedError) as refusal:
            self._do_without(refusal)
            missing = isinstance(refusal, KindNotInstalledError)
            await asyncio.sleep(_MISSING_PAUSE if missing else _REFUSED_PAUSE)
            return "refused"
        except (APIError, OSError) as exc:
            await self._wait_after(exc)
            return "interrupted"
        return "ended"

    async def _follow(self) -> None:
        self._listed = set()
        changes = self._source.follow(self.kind, self._selector, self.namespace, self._version)
        async with AsyncExitStack() as listing:
            if not self._version:
                await listing.enter_async_context(self._lists)
            async with asyncio.timeout(_SILENCE) as limit, aclosing(changes):
                async for event, live in changes:
                    self.last_sign = _now()
                    limit.reschedule(self.last_sign + _SILENCE)
                    if event == "OPENED":
                        continue
                    self.last_heard = self.last_sign
                    self._take(event, live)
                    if event == "SYNCED":
                        await listing.aclose()

    def _take(self, event: str, live: JSON) -> None:
        version = int(live["metadata"]["resourceVersion"])
        if event == "SYNCED":
            self._version = version
            self._finish_list()
        elif event == "DELETED":
            self._store.remove(live)
        elif event != "BOOKMARK":
            identity = self._store.put(live)
            if not self._version:
                self._listed.add(identity)
        if self._version:
            self._version = version

    def _finish_list(self) -> None:
        self._store.keep_only(self._listed, self._version)
        self._store.set_refusal(None)
        self.refusal = None
        self._listed = set()
        self._pause = 0.0
        self.synced.set()

    def _do_without(self, refusal: APIError) -> None:
        self._version = 0
        if isinstance(refusal, KindNotInstalledError) and self.kind.optional:
            self._store.keep_only(set(), _LATEST)
        else:
            log.error("kind cannot be watched", kind=self.kind.name, error=str(refusal))
        self._store.set_refusal(refusal)
        self.refusal = refusal
        self.last_heard = self.last_sign = _now()
        self.synced.set()

    async def _wait_after(self, exc: Exception) -> None:
        self.last_sign = self.last_cut = _now()
        self._pause = min(_LONGEST_PAUSE, max(0.5, self._pause * 2))
        log.warning("watch interrupted", kind=self.kind.name, error=str(exc), pause=self._pause)
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


_LATEST = 2**63


def _now() -> float:
    return asyncio.get_running_loop().time()
