"""Puts the search for duplicates together."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from hastecrm.core.operations import Operation
from hastecrm.core.records.kind import Kind
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.duplicates.contract import contract_of
from hastecrm.features.duplicates.repository import Duplicates
from hastecrm.features.duplicates.routes import DuplicateRoutes
from hastecrm.features.duplicates.service import DuplicateService
from hastecrm.main.records import Services

COMPARED: Final[tuple[Kind, ...]] = (CONTACT, COMPANY)
OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    operation for kind in COMPARED for operation in contract_of(kind).operations
)


def duplicates_of(services: Services) -> Sequence[DuplicateService]:
    """Return the use cases, one for each kind that is compared."""
    return [
        DuplicateService(service, Duplicates(kind, service.records.database))
        for kind in COMPARED
        for service in (services[kind.name],)
    ]


def add_duplicates(app: web.Application, services: Services) -> None:
    """Serve them over REST."""
    for service in duplicates_of(services):
        DuplicateRoutes(service).add_to(app)
