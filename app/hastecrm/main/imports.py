"""Puts the imports of records together."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.records.kind import Kind
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.imports.contract import import_of
from hastecrm.features.imports.routes import ImportRoutes
from hastecrm.features.imports.service import ImportService
from hastecrm.main.records import Services

IMPORTED: Final[tuple[Kind, ...]] = (CONTACT, COMPANY)
OPERATIONS: Final = tuple(import_of(kind) for kind in IMPORTED)


def imports_of(services: Services) -> Sequence[ImportService]:
    """Return the use cases, one for each kind that can be imported."""
    return [ImportService(services[kind.name]) for kind in IMPORTED]


def add_imports(app: web.Application, services: Services, database: Database) -> None:
    """Serve them over REST."""
    for service in imports_of(services):
        ImportRoutes(service, Idempotency(database)).add_to(app)
