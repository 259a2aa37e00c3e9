"""Wires the visits of a worker to mailboxes."""

from typing import Any

from hastecrm.core.clock import utc_now
from hastecrm.core.jobs.model import Kind
from hastecrm.core.outbound import Outbound
from hastecrm.core.sealing import Sealer
from hastecrm.core.settings import Settings
from hastecrm.features.mailboxes.polling import PollMail, poll_kinds
from hastecrm.features.timeline.domain import ACTIVITY


def mailbox_kinds(settings: Settings) -> list[Kind[Any]]:
    """Return the kinds of job that look into mailboxes."""
    sealer, outbound = Sealer.of(settings), Outbound(settings.outbound_allowed_networks)
    return poll_kinds(sealer, PollMail(sealer, outbound, ACTIVITY, utc_now, settings.mail_ca_file))
