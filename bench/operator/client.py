"""A bare client of the API server: aiohttp and nothing else, so that it shows what the server can give."""

import ssl
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

Body = dict[str, Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class RefusedError(Exception):
    """The API server answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Client:
    """One user at the API server, until the context ends; bodies are bytes or what becomes JSON."""

    def __init__(self, server: str, trust: ssl.SSLContext, token: str | None = None) -> None:
        self._server = server
        self._headers = {"User-Agent": "hastecrm-bench"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._trust = trust

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trust),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        body: Body | list[Body] | bytes | None = None,
        kind: str = "application/json",
    ) -> Body:
        """Make one request and return its answer; raises RefusedError for a status of 400 or more."""
        data = orjson.dumps(body) if isinstance(body, dict | list) else body
        headers = {"Content-Type": kind} if data else {}
        async with self._session.request(method, self._server + path, data=data, headers=headers) as answer:
            content = await answer.read()
            if answer.status >= 400:
                raise RefusedError(answer.status, content[:300].decode(errors="replace"))
            found: Body = orjson.loads(content)
            return found

    async def watch(self, path: str, version: str) -> AsyncIterator[tuple[str, Body]]:
        """Yield (event, object) from a resource version on, as long as the connection lasts."""
        mark = "&" if "?" in path else "?"
        url = f"{self._server}{path}{mark}watch=1&resourceVersion={version}&timeoutSeconds=3600"
        async with self._session.get(url) as answer:
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = orjson.loads(line)
                    yield event["type"], event["object"]
