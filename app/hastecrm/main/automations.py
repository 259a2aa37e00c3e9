"""Puts automations together: for the API their log, for the worker what they do."""

from typing import Any
from uuid import UUID

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.jobs.model import Empty, Kind, in_one_transaction
from hastecrm.core.settings import Settings
from hastecrm.features.automations.acting import Means, Write
from hastecrm.features.automations.repository import RUN, STALLED, START, Pending, Runs, Started
from hastecrm.features.automations.routes import AutomationRoutes
from hastecrm.features.automations.running import RunAutomation, find_stalled, start
from hastecrm.features.automations.service import AutomationService
from hastecrm.features.webhooks.repository import add_event
from hastecrm.main.records import services_of


def automation_service(database: Database) -> AutomationService:
    """Return the use case."""
    return AutomationService(Runs(database))


def add_automations(app: web.Application, service: AutomationService) -> None:
    """Serve it over REST."""
    AutomationRoutes(service).add_to(app)


class _Unannounced:
    """Of what a worker changes, PostgreSQL itself counts the version; nobody is told besides."""

    async def announce(self, workspace: UUID | None) -> None:
        """Say nothing."""


def automation_kinds(settings: Settings, database: Database) -> list[Kind[Any]]:
    """Return the kinds of job that automations are made of."""
    means = Means(services_of(database, _Unannounced()), add_event, _letters(settings))
    return [
        Kind(START, Started, start),
        Kind(RUN, Pending, RunAutomation(database, means).__call__),
        Kind(STALLED, Empty, in_one_transaction(find_stalled)),
    ]


def _letters(settings: Settings) -> Write | None:
    if settings.mail_host is None:
        return None
    from hastecrm.main.letters import plain_post  # noqa: PLC0415 - only workers that send mail pay for it

    return plain_post(settings)
