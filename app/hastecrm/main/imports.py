"""Puts the imports of records together."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.files.files import Files
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.jobs.model import Kind as JobKind
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.settings import Settings
from hastecrm.features.imports import record_contract
from hastecrm.features.imports.contract import import_of
from hastecrm.features.imports.control import ImportControl
from hastecrm.features.imports.job import RunImports, import_kind
from hastecrm.features.imports.record_routes import ImportRecordRoutes
from hastecrm.features.imports.routes import ImportRoutes
from hastecrm.features.imports.service import ImportService
from hastecrm.main.records import IMPORTED, Services

OPERATIONS: Final = (*(import_of(kind) for kind in IMPORTED.values()), *record_contract.OPERATIONS)


def imports_of(services: Services) -> Sequence[ImportService]:
    """Return the use cases, one for each kind that can be imported."""
    return [ImportService(services[kind.name]) for kind in IMPORTED.values()]


def control_of(services: Services, settings: Settings, database: Database) -> ImportControl:
    """Return the use cases of imports in the background."""
    files = Files.of(settings, database)
    limit, fields = settings.import_limit, CustomFields()
    return ImportControl(services["import"], IMPORTED, database, files, limit, fields)


def job_of(settings: Settings, database: Database) -> JobKind[Any]:
    """Return the kind of job that runs them."""
    return import_kind(RunImports(database, Files.of(settings, database), IMPORTED, CustomFields()))


def add_imports(app: web.Application, services: Services, control: ImportControl, database: Database) -> None:
    """Serve them over REST."""
    for service in imports_of(services):
        ImportRoutes(service, Idempotency(database)).add_to(app)
    ImportRecordRoutes(control, Idempotency(database)).add_to(app)
