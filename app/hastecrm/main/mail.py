"""Puts mail to contacts, and from them, together."""

from typing import Final

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.mail import outbox_of
from hastecrm.core.response_cache.versions import Changes
from hastecrm.core.sealing import Sealer
from hastecrm.core.settings import Settings
from hastecrm.features.mail.contract import PREVIEW, send_of
from hastecrm.features.mail.routes import MailRoutes
from hastecrm.features.mail.service import MailService
from hastecrm.features.mailboxes.contract import PASSWORD
from hastecrm.features.mailboxes.routes import MailboxRoutes
from hastecrm.features.mailboxes.service import MailboxService
from hastecrm.features.timeline.domain import ACTIVITY
from hastecrm.main.records import VOCABULARY, Services

OPERATIONS: Final = (PREVIEW, send_of(ACTIVITY), PASSWORD)


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


def mailboxes_of(settings: Settings, database: Database, changes: Changes) -> MailboxService:
    """Return the use cases of mailboxes that are looked into."""
    return MailboxService(database, Sealer.of(settings), changes)


def add_mail(app: web.Application, mail: MailService, mailboxes: MailboxService, database: Database) -> None:
    """Serve them over REST."""
    MailRoutes(mail, Idempotency(database)).add_to(app)
    MailboxRoutes(mailboxes).add_to(app)
