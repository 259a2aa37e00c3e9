"""`hastecrm api`: the REST API."""

import argparse
from functools import partial

from aiohttp import web

from hastecrm.core.api_docs.routes import DocsRoutes
from hastecrm.core.authentication import Authenticator, access_control
from hastecrm.core.cache import Cache, open_cache
from hastecrm.core.compression import Compressor
from hastecrm.core.conditional import conditional
from hastecrm.core.cors import CORS
from hastecrm.core.database import Database
from hastecrm.core.deadline import Deadline
from hastecrm.core.denials import Denials
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.graphql.on_demand import Endpoint, OnDemand
from hastecrm.core.graphql.texts import Texts
from hastecrm.core.health import HealthRoutes
from hastecrm.core.http import BODY_LIMIT
from hastecrm.core.jobs.telemetry import QueueWatch
from hastecrm.core.middleware import add_boundary
from hastecrm.core.migrating.record import database_schema
from hastecrm.core.openapi import add_document
from hastecrm.core.outbound import Outbound
from hastecrm.core.problem_pages import add_problem_pages
from hastecrm.core.rate_limit.http import RateLimits
from hastecrm.core.response_cache.cache import ResponseCache
from hastecrm.core.response_cache.entries import Keys
from hastecrm.core.response_cache.shared import Shared
from hastecrm.core.response_cache.versions import Changes, WorkspaceVersions
from hastecrm.core.schema import bundled_migrations, mismatch, schema_of
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed
from hastecrm.core.startup import Step
from hastecrm.core.watch import Check, Patience, Watch
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.privacy.routes import PrivacyRoutes
from hastecrm.features.search.repository import SearchIndex
from hastecrm.features.search.routes import SearchRoutes
from hastecrm.features.search.service import SearchService
from hastecrm.main.accounts import Accounts
from hastecrm.main.ai import add_ai, ai_of, model_of
from hastecrm.main.api_keys import add_api_keys, key_holders
from hastecrm.main.attachments import add_attachments
from hastecrm.main.automations import add_automations, automation_service
from hastecrm.main.contract import api_document
from hastecrm.main.duplicates import add_duplicates
from hastecrm.main.events import add_events
from hastecrm.main.graphql_queries import query_texts
from hastecrm.main.imports import add_imports, control_of
from hastecrm.main.mail import add_mail, mail_of, mailboxes_of
from hastecrm.main.merges import add_merges
from hastecrm.main.observing import observe_cache, observe_database
from hastecrm.main.openid import add_openid
from hastecrm.main.privacy import privacy_service
from hastecrm.main.records import add_records, services_of
from hastecrm.main.second_factor import AskedAtSignIn, add_second_factor, second_factors
from hastecrm.main.selling import Served, add_selling, selling
from hastecrm.main.serving import Role, run_role
from hastecrm.main.webhooks import add_webhooks, webhook_service
from hastecrm.main.workspaces import add_workspaces

_DATABASE_LIMIT, _REDIS_LIMIT = 0.05, 0.01  # seconds; slower answers are reported as slow
_EXAMPLES = """\
examples:
  hastecrm api
  HASTECRM_ENVIRONMENT=development HASTECRM_APP_PORT=8080 hastecrm api
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the examples; there are no options."""
    parser.epilog = _EXAMPLES


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    return run_role("api", settings, build)


async def build(settings: Settings) -> Service:
    """Return everything that an API process runs."""
    database, cache = Database.of(settings, "api"), open_cache(settings)
    role = Role.of("api", settings, startup_steps(database), watches(settings, database, cache))
    observe_database(role.metrics, role.health, database)
    observe_cache(role.metrics, role.health, cache)
    queue = QueueWatch(database, ())
    queue.add_to(role.metrics)
    role.health.sections["queue"] = queue.report
    app = _application(role, database, cache)
    events = add_events(app, role, database)
    return role.service(app, work=[queue.run, *events], closers=[cache.close, database.close])


def _application(role: Role, database: Database, cache: Cache) -> web.Application:
    assert role.settings.access_token is not None, "required by the settings of this role"  # noqa: S101
    app = web.Application(client_max_size=BODY_LIMIT)
    Compressor().add_to(app)
    role.face_outside(app)
    add_boundary(app, role.boundary())
    Deadline(role.settings.request_timeout).add_to(app)
    CORS(role.settings.cors_origins).add_to(app)
    factors = second_factors(role.settings, database)
    accounts = Accounts.of(role, database, AskedAtSignIn(factors))
    authenticator = Authenticator(
        role.settings.access_token.get_secret_value(),
        DEFAULT_WORKSPACE,
        accounts.people,
        previous=revealed(role.settings.access_token_previous),
        keys=key_holders(database),
    )
    limits = RateLimits.of(role.settings, cache, role.metrics)
    app.middlewares.append(limits.strangers)
    app.middlewares.append(access_control(authenticator, prefix="/api/", denials=Denials(database)))
    app.middlewares.append(limits.callers)
    app.on_response_prepare.append(limits.tell)
    app.middlewares.append(conditional)
    changes = _response_cache(role, database, cache, app)
    _add_pages(app, role)
    served = _add_records(app, role, database, changes)
    accounts.add_to(app)
    add_second_factor(app, factors, accounts.routes.profile)
    add_openid(app, role, database, accounts.routes.sign_in)
    OnDemand(partial(_graphql, served, query_texts(role.settings, cache), role)).add_to(app)
    add_workspaces(app, role.settings, database, authenticator)
    add_api_keys(app, database, authenticator)
    return app


def _add_records(app: web.Application, role: Role, database: Database, changes: Changes) -> Served:
    services = services_of(database, changes, Outbound(role.settings.outbound_allowed_networks))
    imports = control_of(services, role.settings, database)
    add_imports(app, services, imports, database)
    add_records(app, services, database)
    add_duplicates(app, services)
    add_merges(app, services, database)
    add_attachments(app, role.settings, database, services)
    search = SearchService(SearchIndex(database))
    SearchRoutes(search).add_to(app)
    sellers = selling(database, changes)
    add_selling(app, sellers, database)
    mail = mail_of(services, role.settings)
    mailboxes = mailboxes_of(role.settings, database, changes)
    add_mail(app, mail, mailboxes, database)
    webhooks = webhook_service(role.settings, database)
    add_webhooks(app, webhooks, database)
    privacy = privacy_service(role.settings, database, changes)
    PrivacyRoutes(privacy).add_to(app)
    ai = ai_of(services, sellers.timelines, model_of(role.settings, role.remotes), database)
    add_ai(app, ai)
    automations = automation_service(database)
    add_automations(app, automations)
    return Served(services, search, sellers, mail, mailboxes, webhooks, privacy, imports, ai, automations)


def _add_pages(app: web.Application, role: Role) -> None:
    HealthRoutes(role.health, detailed=False).add_to(app)
    DocsRoutes(add_document(app, api_document)).add_to(app)
    add_problem_pages(app)


def _response_cache(role: Role, database: Database, cache: Cache, app: web.Application) -> Changes:
    shared, keys = Shared(cache), Keys.of(role.settings, role.health.version)
    versions = WorkspaceVersions(database, shared, keys)
    ResponseCache(shared, keys, versions, role.metrics.registry).add_to(app)
    return versions


def _graphql(served: Served, texts: Texts, role: Role) -> Endpoint:
    from hastecrm.main.graphql import endpoint  # noqa: PLC0415 - most of what the process would weigh

    return endpoint(served, texts, role.settings, role.metrics)


def startup_steps(database: Database) -> list[Step]:
    """Return what must have worked before a role with a database takes work."""
    return [Step("database", database.open), Step("schema", schema_check(database))]


def watches(settings: Settings, database: Database, cache: Cache) -> list[Watch]:
    """Return what a role with a database keeps an eye on."""
    patience = Patience(settings.check_interval)
    watched = [Watch("database", database.check, critical=True, patience=patience, limit=_DATABASE_LIMIT)]
    if cache.configured:
        watched.append(Watch("redis", cache.check, critical=False, patience=patience, limit=_REDIS_LIMIT))
    return watched


def schema_check(database: Database) -> Check:
    """Return a check that fails while the database has a schema that this code cannot use."""
    code = schema_of(bundled_migrations())

    async def check() -> None:
        async with database.connection() as connection:
            found = await database_schema(connection)
        if (problem := mismatch(code=code, database=found)) is not None:
            raise SystemFaultError(problem)

    return check
