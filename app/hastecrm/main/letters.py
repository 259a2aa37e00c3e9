"""Wires the letters that a worker sends."""

from typing import Any

from hastecrm.core.clock import utc_now
from hastecrm.core.jobs.model import Empty, Kind, in_one_transaction
from hastecrm.core.mail import Letter, mail_kind, outbox_of, postman_of
from hastecrm.core.remote import Remotes
from hastecrm.core.sealing import Sealer
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.service.mailroom import Mailroom, reset_kind
from hastecrm.features.accounts.service.sign_up import Links, sign_up_kind
from hastecrm.features.automations.acting import Write
from hastecrm.features.mail.sending import sending_kind
from hastecrm.features.mail.settling import SettleMails
from hastecrm.features.timeline.reminder_letters import ReminderLetters
from hastecrm.features.timeline.reminders import Post
from hastecrm.features.webhooks.delivering import Tell
from hastecrm.features.webhooks.letters import WebhookLetters


def letter_kinds(settings: Settings, remotes: Remotes) -> list[Kind[Any]]:
    """Return the kinds of job that write and send letters; none where nothing can be sent."""
    mailroom = Mailroom.of(settings, outbox_of(settings), utc_now)
    if mailroom is None:
        return []
    postman = postman_of(settings, remotes)
    links = Links(Sealer.of(settings), utc_now)
    settle = Kind("settle_mails", Empty, in_one_transaction(SettleMails()))
    letters: list[Kind[Any]] = [reset_kind(mailroom), sign_up_kind(mailroom, links), mail_kind(postman)]
    return [*letters, sending_kind(postman), settle]


def reminder_post(settings: Settings) -> Post | None:
    """Return what sends the letters of reminders; None where nothing can be sent."""
    outbox = outbox_of(settings)
    return ReminderLetters(outbox, settings.public_url).post if outbox is not None else None


def webhook_post(settings: Settings) -> Tell | None:
    """Return what writes to the makers of webhooks that were given up; None where nothing can be sent."""
    outbox = outbox_of(settings)
    return WebhookLetters(outbox, settings.public_url).post if outbox is not None else None


def plain_post(settings: Settings) -> Write | None:
    """Return what sends any letter; None where nothing can be sent."""
    outbox = outbox_of(settings)
    if outbox is None:
        return None

    async def write(connection: Any, to: str, subject: str, text: str) -> None:
        await outbox.post(connection, Letter(to, subject, text))

    return write
