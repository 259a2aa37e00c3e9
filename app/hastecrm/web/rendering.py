"""Pages from templates; everything that is put into them is escaped."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from hastecrm.core.codes import Code
from hastecrm.core.compression import UNCOMPRESSED
from hastecrm.core.problem import Problem
from hastecrm.web.static_files import StaticFiles


class Pages:
    """Renders templates."""

    def __init__(self, files: StaticFiles, *, signup: bool = False) -> None:
        """`signup`: whether anybody may make an account."""
        self._templates = Environment(
            loader=PackageLoader("hastecrm.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["static"] = files.address
        self._templates.globals["signup"] = signup

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a rendered page."""
        text = self._templates.get_template(template).render(**values)
        response = web.Response(text=text, status=status, content_type="text/html")
        # Pages have forms, and show what was typed or linked to beside what only their reader may see.
        response[UNCOMPRESSED] = True
        return response

    async def problem(self, request: web.Request, problem: Problem) -> web.StreamResponse:
        """Return the page for an error (a `Renderer`)."""
        response = self.page(
            "error.html",
            status=problem.status,
            problem=problem,
            signed_in=None,
            retry_path=request.path if request.method == "GET" else "/contacts",
        )
        response.headers.update(problem.headers())
        if problem.error.code is Code.SYS_MAINTENANCE and request.method == "GET":
            response.headers["Refresh"] = str(problem.error.retry_after)  # nobody has to press anything
        return response
