"""Puts pipelines, the moves and boards of deals, the timelines of records, and reports together."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.records.repository import Records
from hastecrm.core.response_cache.versions import Changes
from hastecrm.features.ai.service import AIService
from hastecrm.features.automations.service import AutomationService
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.repository.board import Boards
from hastecrm.features.deals.repository.moves import Moves
from hastecrm.features.deals.routes import BoardRoutes, DealRoutes
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.deals.service.moves import MoveService
from hastecrm.features.imports.control import ImportControl
from hastecrm.features.mail.service import MailService
from hastecrm.features.mailboxes.service import MailboxService
from hastecrm.features.pipelines.repository import Pipelines
from hastecrm.features.pipelines.routes import PipelineRoutes
from hastecrm.features.pipelines.service import PipelineService
from hastecrm.features.privacy.service import PrivacyService
from hastecrm.features.reports.repository import Reports
from hastecrm.features.reports.routes import ReportRoutes
from hastecrm.features.reports.service import ReportService
from hastecrm.features.search.service import SearchService
from hastecrm.features.timeline.repository import Timelines
from hastecrm.features.timeline.routes import TimelineRoutes
from hastecrm.features.timeline.service import TimelineService
from hastecrm.features.webhooks.service import WebhookService
from hastecrm.main.records import Services


@dataclass(frozen=True, slots=True)
class Selling:
    """What there is for sellers beside what all records have."""

    pipelines: PipelineService
    deals: DealService
    moves: MoveService
    boards: Boards
    timelines: TimelineService
    reports: ReportService


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that GraphQL serves."""

    records: Services
    search: SearchService
    selling: Selling
    mail: MailService
    mailboxes: MailboxService
    webhooks: WebhookService
    privacy: PrivacyService
    imports: ImportControl
    ai: AIService
    automations: AutomationService


def selling(database: Database, changes: Changes) -> Selling:
    """Return the use cases."""
    return Selling(
        PipelineService(Pipelines(database), changes),
        DealService(Records(DEAL, database), changes),
        MoveService(Moves(database), changes),
        Boards(database),
        TimelineService(Timelines(database)),
        ReportService(Reports(database)),
    )


def add_selling(app: web.Application, use_cases: Selling, database: Database) -> None:
    """Serve them over REST."""
    idempotency = Idempotency(database)
    PipelineRoutes(use_cases.pipelines, idempotency).add_to(app)
    DealRoutes(use_cases.deals, use_cases.moves, idempotency).add_to(app)
    BoardRoutes(use_cases.boards).add_to(app)
    TimelineRoutes(use_cases.timelines).add_to(app)
    ReportRoutes(use_cases.reports).add_to(app)
