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
from hastecrm.core.problem_pages import add_problem_pages
from hastecrm.core.sealing import Sealer
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.core.startup import Step
from hastecrm.core.watch import Patience, Watch
from hastecrm.main.serving import Role, run_role
from hastecrm.web.account import AccountPages
from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import APIClient
from hastecrm.web.contacts import ContactPages
from hastecrm.web.contacts_api import ContactsAPI
from hastecrm.web.guard import Renewal, page_headers, same_origin_only, signed_in_only
from hastecrm.web.invitation import InvitationPages
from hastecrm.web.openid import OpenIDPages
from hastecrm.web.rendering import Pages
from hastecrm.web.second_factor import SecondFactorPages
from hastecrm.web.session import Sessions
from hastecrm.web.sign_in import SignIn
from hastecrm.web.sign_up import SignUpPages
from hastecrm.web.static_files import StaticFiles
from hastecrm.web.tickets import Tickets

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
    api = APIClient(settings.api_url)
    watch = Watch("api", api.check, critical=True, patience=Patience(settings.check_interval))
    role = Role.of("web", settings, [Step("api", api.check)], [watch])
    role.metrics.watch_breaker(api.breaker)
    role.metrics.watch_retries(api.retries)
    return role.service(_application(role, api), closers=[api.close])


def _application(role: Role, api: APIClient) -> web.Application:
    settings = role.settings
    secure = role.secure
    sealer = Sealer.of(settings)
    files, sessions = StaticFiles.bundled(), Sessions(sealer, secure=secure)
    pages = Pages(files, signup=settings.signup == "open")
    accounts = AccountsAPI(api, utc_now)
    app = web.Application(client_max_size=BODY_LIMIT)
    role.face_outside(app)
    Compressor().add_to(app)
    add_boundary(app, role.boundary(headers=page_headers(secure=secure), render=pages.problem))
    Deadline(settings.request_timeout).add_to(app)
    app.middlewares.append(conditional)
    app.middlewares.append(same_origin_only(settings.public_url))
    app.middlewares.append(signed_in_only(sessions, Renewal(accounts.renew), utc_now))
    HealthRoutes(role.health, detailed=False).add_to(app)
    add_problem_pages(app)
    files.add_to(app)
    SignIn(pages, accounts, sessions, Tickets(sealer, utc_now)).add_to(app)
    OpenIDPages(pages, accounts, sessions, settings.public_url).add_to(app)
    if settings.signup == "open":
        SignUpPages(pages, accounts, sessions).add_to(app)
    InvitationPages(pages, accounts, sessions).add_to(app)
    AccountPages(pages, accounts).add_to(app)
    SecondFactorPages(pages, accounts).add_to(app)
    ContactPages(pages, ContactsAPI(api)).add_to(app)
    return app
