"""What a mail account is, and when it is looked into again. No I/O, no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Type

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?")
_MEMBER: Final = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"
_EVERY: Final = timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 6  # after which it is tried each five hours


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError("must be a host name such as imap.example.com")
    return value.lower()


MAIL_ACCOUNT: Final = Kind(
    "mail_account",
    "mail_accounts",
    Resource.MAIL_ACCOUNT,
    "A mailbox that is looked into over IMAP: mails of contacts become activities.",
    [
        Field("name", Type.TEXT, "What it is called here.", "Sales", required=True, length=100),
        Field("host", Type.TEXT, "The IMAP server.", "imap.example.com", required=True, length=253,
              check=_host),
        Field("port", Type.NUMBER, "Its port.", 993, nullable=False, default=993, least=1, most=65_535),
        Field("encryption", Type.ENUM, "How the way there is protected.", "tls",
              nullable=False, default="tls", choices=("tls", "starttls")),
        Field("username", Type.TEXT, "The user name.", "sales@example.com", required=True, length=254),
        Field("folder", Type.TEXT, "The folder to look into.", "INBOX", nullable=False, default="INBOX",
              length=200),
        Field("enabled", Type.BOOLEAN, "Whether it is looked into.", True, nullable=False, default=True),
        Field("member_id", Type.REFERENCE, "Whose activities mails become; absent: the contact's owner's.",
              _MEMBER),
        Field("has_password", Type.BOOLEAN, "Whether a password is stored.", True, nullable=False,
              writable=False, computed=True),
        Field("polled_at", Type.DATETIME, "When it was looked into last.", "2026-11-27T09:30:00Z",
              writable=False),
        Field("error", Type.TEXT, "Why that failed, if it did.", "the password is refused", length=500,
              writable=False),
    ],
    {},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """How far a folder was read: its UIDVALIDITY and the last UID. Another validity makes UIDs worthless."""

    validity: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """The UIDs that are new, up to a limit; where that leads; and whether there are more."""

    uids: Sequence[int]
    place: Place
    more: bool


def pause(failures: int) -> timedelta:
    """Return how long after so many failures in a row a mailbox is looked into again."""
    return _EVERY * (1 << min(failures, _MOST_DOUBLINGS))


def place_of(account: UUID) -> str:
    """Return what the sealed password of an account belongs to."""
    return f"mail account {account}"
