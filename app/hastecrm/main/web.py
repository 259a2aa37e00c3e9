"""`hastecrm web`: the pages for people."""

import argparse

from aiohttp import web

from hastecrm.core.clock import utc_now
from hastecrm.core.compression import Compressor
from hastecrm.core.conditional import conditional
from hastecrm.core.deadline import Deadline
from hastecrm.core.health import HealthRoutes
from hastecrm.core.http import BODY_LIMIT
from hastecrm.core.middleware import add_boundary
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed
from hastecrm.core.startup import Step
from hastecrm.core.watch import Patience, Watch
from hastecrm.main.serving import Role, run_role
from hastecrm.web.api_client import APIClient
from hastecrm.web.guard import page_headers, same_origin_only, signed_in_only
from hastecrm.web.pages import ContactPages, SignIn
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Sessions
from hastecrm.web.static_files import StaticFiles

_EXAMPLES = """\
examples:
  HASTECRM_API_URL=http://127.0.0.1:8000 HASTECRM_APP_PORT=8080 HASTECRM_PROBE_PORT=9001 hastecrm web
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the examples; there are no options."""
    parser.epilog = _EXAMPLES


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    return run_role("web", settings, build)


async def build(settings: Settings) -> Service:
    """Return everything that a web process runs."""
    assert settings.api_url is not None, "required by the settings of this role"  # noqa: S101
    assert settings.access_token is not None, "required by the settings of this role"  # noqa: S101
    api = APIClient(settings.api_url, settings.access_token.get_secret_value())
    watch = Watch("api", api.check, critical=True, patience=Patience(settings.check_interval))
    role = Role.of("web", settings, [Step("api", api.check)], [watch])
    role.metrics.watch_breaker(api.breaker)
    role.metrics.watch_retries(api.retries)
    return role.service(_application(role, api), closers=[api.close])


def _application(role: Role, api: APIClient) -> web.Application:
    settings = role.settings
    secure = role.secure
    files, sessions = StaticFiles.bundled(), _sessions(settings, secure=secure)
    pages = Pages(files)
    app = web.Application(client_max_size=BODY_LIMIT)
    role.face_outside(app)
    Compressor().add_to(app)
    add_boundary(app, role.boundary(headers=page_headers(secure=secure), render=pages.problem))
    Deadline(settings.request_timeout).add_to(app)
    app.middlewares.append(conditional)
    app.middlewares.append(same_origin_only(settings.public_url))
    app.middlewares.append(signed_in_only(sessions, utc_now))
    HealthRoutes(role.health, detailed=False).add_to(app)
    files.add_to(app)
    SignIn(pages, api, sessions, utc_now).add_to(app)
    ContactPages(pages, api).add_to(app)
    return app


def _sessions(settings: Settings, *, secure: bool) -> Sessions:
    assert settings.secret_key is not None, "required by the settings of this role"  # noqa: S101
    assert settings.access_token is not None, "required by the settings of this role"  # noqa: S101
    return Sessions(
        secret_key=settings.secret_key.get_secret_value(),
        access_token=settings.access_token.get_secret_value(),
        secure=secure,
        previous_key=revealed(settings.secret_key_previous),
    )
