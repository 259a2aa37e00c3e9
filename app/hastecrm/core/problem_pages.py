"""What the `type` of a problem leads to: its entry in the catalogue, for programs and for people."""

import re
from html import escape
from typing import Any

from aiohttp import web

from hastecrm.core.codes import Code
from hastecrm.core.http import json_response
from hastecrm.core.problem import TYPES, type_of

# The catalogue changes with a release only, and asking for it again costs little.
_HEADERS = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}
_QUOTED = re.compile("`([^`]*)`")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
{body}</html>
"""


def add_problem_pages(app: web.Application) -> None:
    """Serve the catalogue to everyone: it says nothing about any data."""
    app.router.add_get(TYPES, _all)
    app.router.add_get(f"{TYPES}/{{code}}", _one)


def described(code: Code) -> dict[str, Any]:
    """Return what is the same for every occurrence of a code."""
    return {
        "type": type_of(code),
        "code": code.name,
        "title": code.title,
        "status": code.status,
        "advice": code.advice,
        "retryable": code.retryable,
    }


async def _all(request: web.Request) -> web.Response:
    if _is_for_people(request):
        return _page("Errors of HasteCRM", "".join(map(_item, Code)))
    return json_response({"items": [described(code) for code in Code]}, headers=_HEADERS)


async def _one(request: web.Request) -> web.Response:
    code = Code.__members__.get(request.match_info["code"].upper())
    if code is None:
        raise web.HTTPNotFound
    if _is_for_people(request):
        return _page(code.name, _entry(code))
    return json_response(described(code), headers=_HEADERS)


def _is_for_people(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _page(title: str, body: str) -> web.Response:
    text = _PAGE.format(title=escape(title), body=body)
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


def _item(code: Code) -> str:
    return f'<p><a href="{type_of(code)}">{code.name}</a> ({code.status}): {escape(code.title)}.</p>\n'


def _entry(code: Code) -> str:
    again = "The same request may succeed later." if code.retryable else "The same request will fail again."
    advice = _QUOTED.sub(r"<code>\1</code>", escape(code.advice))
    lines = (
        f"<p><strong>{escape(code.title)}.</strong> HTTP status {code.status}. {again}</p>",
        f"<p>What to do: {advice}</p>",
        f'<p><a href="{TYPES}">All errors</a></p>',
    )
    return "\n".join(lines) + "\n"
