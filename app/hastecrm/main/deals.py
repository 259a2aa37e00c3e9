"""Puts deals, their moves, their boards and the timelines of records together."""

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.records.repository import Records
from hastecrm.core.response_cache.versions import Changes
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.repository.board import Boards
from hastecrm.features.deals.repository.moves import Moves
from hastecrm.features.deals.routes import BoardRoutes, DealRoutes
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.deals.service.moves import MoveService
from hastecrm.features.pipelines.repository import Pipelines
from hastecrm.features.pipelines.routes import PipelineRoutes
from hastecrm.features.pipelines.service import PipelineService
from hastecrm.features.timeline.repository import Timelines
from hastecrm.features.timeline.routes import TimelineRoutes
from hastecrm.features.timeline.service import TimelineService


def add_deals(app: web.Application, database: Database, changes: Changes) -> None:
    """Serve pipelines and what deals can do beside what all records can."""
    deals, moves = DealService(Records(DEAL, database), changes), MoveService(Moves(database), changes)
    idempotency = Idempotency(database)
    PipelineRoutes(PipelineService(Pipelines(database), changes), idempotency).add_to(app)
    DealRoutes(deals, moves, idempotency).add_to(app)
    BoardRoutes(Boards(database)).add_to(app)
    TimelineRoutes(TimelineService(Timelines(database))).add_to(app)
