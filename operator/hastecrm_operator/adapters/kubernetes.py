"""The Kubernetes API by aiohttp and orjson: small, fast, and the only place that knows HTTP."""

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from hastecrm_operator.adapters.credentials import Credentials
from hastecrm_operator.adapters.pacing import Pacer
from hastecrm_operator.adapters.responses import error_of, refusal, unreachable
from hastecrm_operator.adapters.server_clock import ServerClock
from hastecrm_operator.api import names
from hastecrm_operator.engine.cluster import JSON, Manifest
from hastecrm_operator.engine.errors import ExpiredError, NotFoundError, RejectedError, UnavailableError
from hastecrm_operator.engine.kinds import LEASE, POD, Kind, kind_of
from hastecrm_operator.telemetry.metrics import Metrics

_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_WATCH_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5)  # whether it is silent, the informer judges
_WATCH_SECONDS = (300, 600)
# Lists as a stream of events: one request from the server's cache, and never more than one object in memory.
_INITIAL_EVENTS = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
_METADATA_ONLY = (
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
)
_LIST_END = "k8s.io/initial-events-end"
_PAGE = 100
_METHODS = {"LIST": "GET"}
_LOG_TIMEOUT = aiohttp.ClientTimeout(total=5)  # the node may be gone, and its words are not urgent
_LOG_BYTES = 16384
_ATTEMPTS = 4
_PAUSE = 0.2  # seconds after a refusal that names no time


class KubernetesCluster:
    """Keeps the engine's promises `Writer` and `Source` against a real API server."""

    agent = "hastecrm-operator"
    """Tells our requests apart in audit logs."""

    def __init__(self, credentials: Credentials, metrics: Metrics, *, at_once: int = 32) -> None:
        self._credentials = credentials
        self._server = credentials.server.rstrip("/")
        self.clock = ServerClock()
        self._metrics = metrics
        self._streams_lists = True
        self._pacer = Pacer(at_once, metrics.throttled_seconds.inc)
        connector = aiohttp.TCPConnector(limit=0, ssl=credentials.ssl_context())  # the pacer is the limit
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"User-Agent": self.agent}, proxy=credentials.proxy
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return one object; raises NotFoundError and the other API errors."""
        return await self._call("GET", kind, kind.path(namespace, name))

    async def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        """Return the last lines that a container wrote, or the one before it; raises the API errors."""
        params = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
        url = self._url(POD.path(namespace, pod, "log"), params | {"limitBytes": str(_LOG_BYTES)})
        try:
            async with self._session.get(url, headers=self._headers(), timeout=_LOG_TIMEOUT) as response:
                payload = await response.read()
                self._check("GET", POD, response, payload)
                return payload.decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise unreachable(exc) from exc

    async def apply(self, manifest: Manifest, *, subresource: str = "", manager: str = names.MANAGER) -> JSON:
        """Apply server-side as a field manager, taking over contested fields; return what is stored."""
        kind, meta = kind_of(manifest), manifest["metadata"]
        path = kind.path(meta.get("namespace"), meta["name"], subresource)
        return await self._call(
            "PATCH",
            kind,
            path,
            body=manifest,
            params={"fieldManager": manager, "force": "true"},
            content_type="application/apply-patch+yaml",  # JSON is YAML
        )

    async def create(self, manifest: Manifest) -> JSON:
        """Create an object; raises ConflictError when it exists."""
        kind = kind_of(manifest)
        params = {"fieldManager": names.MANAGER}
        path = kind.path(manifest["metadata"]["namespace"])
        return await self._call("POST", kind, path, body=manifest, params=params)

    async def replace(self, manifest: Manifest) -> JSON:
        """Replace an object; raises ConflictError when its resource version is not the newest."""
        kind, meta = kind_of(manifest), manifest["metadata"]
        path = kind.path(meta["namespace"], meta["name"])
        return await self._call("PUT", kind, path, body=manifest, params={"fieldManager": names.MANAGER})

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str, orphan: bool = False) -> None:
        """Delete exactly this object and what it owns, which `orphan` leaves; one that is gone is fine."""
        policy = "Orphan" if orphan else "Background"
        options = {"propagationPolicy": policy, "preconditions": {"uid": uid}}
        try:
            await self._call("DELETE", kind, kind.path(namespace, name), body=options)
        except NotFoundError:
            return

    async def list_pages(
        self, kind: Kind, selector: str, namespace: str
    ) -> AsyncIterator[tuple[list[JSON], int]]:
        """Yield pages of objects with the list's resource version."""
        params = {"labelSelector": selector, "limit": str(_PAGE)}
        while True:
            page = await self._call("LIST", kind, kind.path(namespace), params=params)
            yield page["items"], int(page["metadata"]["resourceVersion"])
            if not page["metadata"].get("continue"):
                return
            params["continue"] = page["metadata"]["continue"]

    async def follow(
        self, kind: Kind, selector: str, namespace: str, version: int
    ) -> AsyncGenerator[tuple[str, JSON], None]:
        """Yield (event type, object) from `version` on; raises ExpiredError when it is too old.

        From version 0: first everything that exists, as ADDED, then once SYNCED with the version of that
        list in its metadata, then what changes. BOOKMARK comes about each minute, with the newest version;
        OPENED, with nothing, when the API server has begun to answer.
        """
        if not version and not self._streams_lists:
            async for page, listed in self.list_pages(kind, selector, namespace):
                version = listed
                for item in page:
                    yield "ADDED", item
            yield "SYNCED", {"metadata": {"resourceVersion": str(version)}}
        try:
            async for event in self._watch(kind, selector, namespace, version):
                yield event
        except RejectedError as exc:
            if version or "sendInitialEvents" not in exc.message:
                raise
            self._streams_lists = False  # An older API server: list in pages from now on.
            raise ExpiredError(410, "Expired", "the API server cannot stream lists") from exc

    async def _watch(
        self, kind: Kind, selector: str, namespace: str, version: int
    ) -> AsyncGenerator[tuple[str, JSON], None]:
        params = {
            "watch": "true",
            "labelSelector": selector,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(random.randint(*_WATCH_SECONDS)),  # noqa: S311 - spreads the reopening
            **({"resourceVersion": str(version)} if version else _INITIAL_EVENTS),
        }
        async for line in self._lines(kind, kind.path(namespace), params):
            if not line:
                yield "OPENED", {}
                continue
            event = orjson.loads(line)
            live = event["object"]
            if event["type"] == "ERROR":
                raise error_of(live.get("code", 500), live)
            ends_list = _LIST_END in live["metadata"].get("annotations", ())
            yield ("SYNCED" if ends_list else event["type"]), live

    async def _call(
        self,
        verb: str,
        kind: Kind,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> JSON:
        data = None if body is None else orjson.dumps(body)
        headers = self._headers(content_type if data else "", _accept(kind))
        request = {"url": self._url(path, params), "data": data, "headers": headers}
        if kind is LEASE:
            return await self._send(verb, kind, request)  # A crowd of writes must not cost us the lease.
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._paced(verb, kind, request)
            except UnavailableError as exc:
                if exc.status != 429:  # Only this one says that nothing has been done.
                    raise
        return await self._paced(verb, kind, request)

    async def _paced(self, verb: str, kind: Kind, request: Mapping[str, Any]) -> JSON:
        async with self._pacer.turn():
            try:
                answer = await self._send(verb, kind, request)
            except UnavailableError as exc:
                if exc.status in {429, 503}:
                    self._pacer.refused(exc.retry_after or _PAUSE)
                raise
        self._pacer.succeeded()
        return answer

    async def _send(self, verb: str, kind: Kind, request: Mapping[str, Any]) -> JSON:
        started = time.perf_counter()
        try:
            async with self._session.request(
                _METHODS.get(verb, verb), **request, timeout=_REQUEST_TIMEOUT
            ) as response:
                return self._checked(verb, kind, response, await response.read())
        except (aiohttp.ClientError, TimeoutError) as exc:
            self._metrics.api_requests.labels(verb, kind.plural, "0").inc()
            raise unreachable(exc) from exc
        finally:
            self._metrics.api_seconds.labels(verb, kind.plural).observe(time.perf_counter() - started)

    async def _lines(self, kind: Kind, path: str, params: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield the lines of an answer as they come, after an empty one as soon as it has begun."""
        try:
            async with self._session.get(
                self._url(path, params), headers=self._headers(accept=_accept(kind)), timeout=_WATCH_TIMEOUT
            ) as response:
                if response.status != 200:
                    self._checked("WATCH", kind, response, await response.read())
                self._metrics.api_requests.labels("WATCH", kind.plural, "200").inc()
                yield b""
                rest = b""
                async for chunk in response.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    del chunk  # Nothing of a burst may stay in memory while we wait for the next.
                    lines.reverse()
                    while lines:
                        yield lines.pop()
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise unreachable(exc) from exc

    def _checked(self, verb: str, kind: Kind, response: aiohttp.ClientResponse, payload: bytes) -> JSON:
        self._check(verb, kind, response, payload)
        answer: JSON = orjson.loads(payload)
        return answer

    def _check(self, verb: str, kind: Kind, response: aiohttp.ClientResponse, payload: bytes) -> None:
        self._metrics.api_requests.labels(verb, kind.plural, str(response.status)).inc()
        self.clock.hear(response.headers.get("Date"))
        if response.status == 401:
            self._credentials.forget_token()
        if response.status >= 400:
            raise refusal(response.status, payload, kind, response.headers.get("Retry-After"))

    def _url(self, path: str, params: Mapping[str, str] | None) -> URL:
        query = f"?{urlencode(params)}" if params else ""
        return URL(self._server + path + query, encoded=True)  # or each part would be parsed and quoted again

    def _headers(self, content_type: str = "", accept: str = "") -> CIMultiDict[str]:
        return _headers(self._credentials.bearer() or "", content_type, accept)


def _accept(kind: Kind) -> str:
    return _METADATA_ONLY if kind.metadata_only else ""


@lru_cache(maxsize=16)
def _headers(token: str, content_type: str, accept: str) -> CIMultiDict[str]:
    bearer = f"Bearer {token}" if token else ""
    headers = {"Authorization": bearer, "Content-Type": content_type, "Accept": accept}
    return CIMultiDict({name: value for name, value in headers.items() if value})
