"""Puts mail to contacts together."""

from typing import Final

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.mail import outbox_of
from hastecrm.core.settings import Settings
from hastecrm.features.mail.contract import PREVIEW, send_of
from hastecrm.features.mail.routes import MailRoutes
from hastecrm.features.mail.service import MailService
from hastecrm.features.timeline.domain import ACTIVITY
from hastecrm.main.records import VOCABULARY, Services

OPERATIONS: Final = (PREVIEW, send_of(ACTIVITY))


def mail_of(services: Services, settings: Settings | None) -> MailService:
    """Return the use cases."""
    return MailService(
        templates=services["mail_template"],
        contacts=services["contact"],
        companies=services["company"],
        activities=services["activity"],
        vocabulary=VOCABULARY,
        outbox=outbox_of(settings) if settings is not None else None,
    )


def add_mail(app: web.Application, mail: MailService, database: Database) -> None:
    """Serve them over REST."""
    MailRoutes(mail, Idempotency(database)).add_to(app)
