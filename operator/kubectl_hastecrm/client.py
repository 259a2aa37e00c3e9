"""The API server as the command line needs it: lists, merge patches, dry runs and logs that go on."""

import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from hastecrm_operator.adapters.credentials import Credentials
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.adapters.responses import unreachable
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.kinds import EVENT, POD, Kind
from hastecrm_operator.telemetry.metrics import Metrics

MANAGER: Final = "kubectl-hastecrm"
"""Our field manager: what a person asked for by this program."""
_MERGE: Final = "application/merge-patch+json"
_APPLY: Final = "application/apply-patch+yaml"
_ALL: Final = {"dryRun": "All"}
_STRICT: Final = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
"""A typo is refused, as kubectl does it, and not left out in silence."""
_ENDLESS: Final = aiohttp.ClientTimeout(total=None, connect=5)
_VERSION: Final = Kind("", "v1", "", "Version", namespaced=False)


class Client(KubernetesCluster):
    """What the operator's adapter can do, and what only people need."""

    agent = MANAGER

    def __init__(self, credentials: Credentials) -> None:
        proxy = credentials.proxy or _proxy_of_environment(credentials.server)
        super().__init__(replace(credentials, proxy=proxy) if proxy else credentials, Metrics())

    async def list_all(self, kind: Kind, namespace: str, selector: str = "") -> list[JSON]:
        """Return all objects of a kind in a namespace ("" for all), each with its kind and version."""
        named = {"apiVersion": kind.api_version, "kind": kind.name}
        pages = self.list_pages(kind, selector, namespace)
        return [{**named, **item} async for page, _ in pages for item in page]

    async def patch(self, kind: Kind, namespace: str, name: str, change: Mapping[str, Any]) -> JSON:
        """Merge `change` into an object (None removes a field); return what is stored."""
        params = {"fieldManager": MANAGER}
        path = kind.path(namespace, name)
        return await self._call("PATCH", kind, path, body=change, params=params, content_type=_MERGE)

    async def make(self, kind: Kind, manifest: Mapping[str, Any], *, dry: bool = False) -> JSON:
        """Create an object; raises ConflictError when it exists."""
        params = {**_STRICT, **(_ALL if dry else {})}
        path = kind.path(manifest["metadata"]["namespace"])
        return await self._call("POST", kind, path, body=manifest, params=params)

    async def would_replace(self, kind: Kind, manifest: Mapping[str, Any]) -> JSON:
        """Return what a replacement would store; nothing is stored."""
        meta = manifest["metadata"]
        path = kind.path(meta["namespace"], meta["name"])
        return await self._call("PUT", kind, path, body=manifest, params={**_STRICT, **_ALL})

    async def would_apply(self, kind: Kind, manifest: Mapping[str, Any], manager: str) -> JSON:
        """Return what a server-side apply would store; nothing is stored."""
        meta = manifest["metadata"]
        path = kind.path(meta["namespace"], meta["name"])
        params = {"fieldManager": manager, "force": "true", **_ALL}
        return await self._call("PATCH", kind, path, body=manifest, params=params, content_type=_APPLY)

    async def events(self, namespace: str) -> list[JSON]:
        """Return the events of a namespace."""
        return await self.list_all(EVENT, namespace)

    async def version(self) -> str:
        """Return the version of the API server."""
        return str((await self._call("GET", _VERSION, "/version"))["gitVersion"])

    async def read_log(self, namespace: str, pod: str, options: Mapping[str, str]) -> str:
        """Return a whole log, of what `options` of the API say."""
        lines = [line async for line in self.lines_of(namespace, pod, options)]
        return "\n".join(lines)

    async def lines_of(self, namespace: str, pod: str, options: Mapping[str, str]) -> AsyncIterator[str]:
        """Yield the lines of a log as they come; with `follow`, until the container ends."""
        url, rest = self._url(POD.path(namespace, pod, "log"), options), b""
        try:
            async with self._session.get(url, headers=self._headers(), timeout=_ENDLESS) as response:
                if response.status != 200:
                    self._check("GET", POD, response, await response.read())
                async for chunk in response.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in lines:
                        yield line.decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise unreachable(exc) from exc
        if rest:
            yield rest.decode(errors="replace")


def _proxy_of_environment(server: str) -> str | None:
    parts = urlsplit(server)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)
