"""Puts files and the contents of attachments together."""

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.files.files import Files
from hastecrm.core.settings import Settings
from hastecrm.features.attachments.domain import ATTACHMENT
from hastecrm.features.attachments.routes import ContentRoutes
from hastecrm.features.attachments.service import Contents
from hastecrm.main.records import Services


def add_attachments(app: web.Application, settings: Settings, database: Database, services: Services) -> None:
    """Serve the contents of attachments; the attachments themselves are records as all are."""
    files = Files.of(settings, database)
    ContentRoutes(Contents(services[ATTACHMENT.name], files, settings.file_limit)).add_to(app)
