"""Puts the merging of records together."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.operations import Operation
from hastecrm.features.merges.contract import contract_of
from hastecrm.features.merges.relations import Relations
from hastecrm.features.merges.repository import Merges
from hastecrm.features.merges.routes import MergeRoutes
from hastecrm.features.merges.service import MergeService
from hastecrm.main.duplicates import COMPARED
from hastecrm.main.kinds import KINDS
from hastecrm.main.records import Services

OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for kind in COMPARED for operation in contract_of(kind).operations
)


def merges_of(services: Services) -> Sequence[MergeService]:
    """Return the use cases, one for each kind whose records can be merged."""
    return [
        MergeService(service, Merges(kind, service.records.database), Relations.of(kind, KINDS))
        for kind in COMPARED
        for service in (services[kind.name],)
    ]


def add_merges(app: web.Application, services: Services, database: Database) -> None:
    """Serve them over REST."""
    for service in merges_of(services):
        MergeRoutes(service, Idempotency(database)).add_to(app)
