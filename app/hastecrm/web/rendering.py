"""Pages from templates; everything that is put into them is escaped."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from hastecrm.core.problem import Problem

_TYPES = {"css": "text/css", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that pages refer to, kept in memory; its address changes with its content."""

    body: bytes
    content_type: str
    fingerprint: str


class Pages:
    """Renders templates and serves the files that they refer to."""

    def __init__(self) -> None:
        self._files = {
            entry.name: _static_file(entry)
            for entry in resources.files("hastecrm.web").joinpath("static").iterdir()
        }
        self._templates = Environment(
            loader=PackageLoader("hastecrm.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["static"] = self.address

    def address(self, name: str) -> str:
        """Return the address of a static file."""
        return f"/static/{name}?v={self._files[name].fingerprint}"

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a rendered page."""
        text = self._templates.get_template(template).render(**values)
        return web.Response(text=text, status=status, content_type="text/html")

    async def static(self, request: web.Request) -> web.Response:
        """Serve one file."""
        if (file := self._files.get(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": _FOREVER, "ETag": f'"{file.fingerprint}"'}
        return web.Response(body=file.body, content_type=file.content_type, headers=headers)

    async def problem(self, request: web.Request, problem: Problem) -> web.StreamResponse:
        """Return the page for an error (a `Renderer`)."""
        response = self.page(
            "error.html",
            status=problem.status,
            problem=problem,
            signed_in=False,
            retry_path=request.path if request.method == "GET" else "/contacts",
        )
        response.headers.update(problem.headers())
        return response


def _static_file(entry: Any) -> StaticFile:
    body = entry.read_bytes()
    kind = _TYPES[entry.name.rpartition(".")[2]]
    return StaticFile(body, kind, hashlib.sha256(body).hexdigest()[:16])
