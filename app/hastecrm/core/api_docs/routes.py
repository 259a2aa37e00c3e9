"""`/docs`: the pages, for everyone: they say nothing about any data."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from hastecrm.core.api_docs.page import PATH, POLICY, index, one
from hastecrm.core.api_docs.reading import Book
from hastecrm.core.conditional import content_tag

_LONGEST: Final = 100  # letters of a search


class DocsRoutes:
    """The address `/docs` and those below it; `document` brings the OpenAPI document as JSON."""

    def __init__(self, document: Callable[[], Awaitable[bytes]]) -> None:
        self._document = document

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get(PATH, self.list)
        app.router.add_get(f"{PATH}/{{name}}", self.show)

    async def list(self, request: web.Request) -> web.Response:
        """Return the list of operations, or of those that a search finds."""
        query = request.query.get("q", "")[:_LONGEST]
        return await self._page(request, lambda book: index(book, query))

    async def show(self, request: web.Request) -> web.Response:
        """Return the page of an operation."""

        def page(book: Book) -> str:
            found = book.operation(request.match_info["name"])
            if found is None:
                raise web.HTTPNotFound
            return one(book, found)

        return await self._page(request, page)

    async def _page(self, request: web.Request, make: Callable[[Book], str]) -> web.Response:
        document = await self._document()
        # Reading the document takes milliseconds, and keeping it megabytes.
        text = await asyncio.to_thread(lambda: make(Book.of(orjson.loads(document))))
        tag = content_tag(text.encode())
        headers = {"ETag": tag, "Cache-Control": "public, no-cache", "Content-Security-Policy": POLICY}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, content_type="text/html", headers=headers)
