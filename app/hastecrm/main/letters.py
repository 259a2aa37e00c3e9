"""Wires the letters that a worker sends."""

from typing import Any

from hastecrm.core.clock import utc_now
from hastecrm.core.jobs.model import Kind
from hastecrm.core.mail import mail_kind, outbox_of
from hastecrm.core.remote import Remotes
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.service.mailroom import Mailroom, reset_kind


def letter_kinds(settings: Settings, remotes: Remotes) -> list[Kind[Any]]:
    """Return the kinds of job that write and send letters; none where nothing can be sent."""
    mailroom = Mailroom.of(settings, outbox_of(settings), utc_now)
    return [reset_kind(mailroom), mail_kind(settings, remotes)] if mailroom is not None else []
