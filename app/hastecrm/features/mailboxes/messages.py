"""Messages as they come from IMAP servers, made into what an activity shows. No I/O, no clock.

Nothing in them can be trusted: headers may be missing, doubled, absurdly long or in no known encoding.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

TITLE, TEXT, NAME = 200, 10_000, 500  # characters that are kept
_MOST_ADDRESSES: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_ID: Final = re.compile(r"<[^<>\s]+>")
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the headers of a message say; addresses are in small letters."""

    sender: Sequence[str]
    recipients: Sequence[str]
    subject: str
    sent_at: datetime | None
    message_id: str | None
    thread_id: str | None


def heading(source: bytes) -> Heading:
    """Return what headers say; what cannot be read is left out."""
    message = _parsed(source)
    own = _ids(message, "Message-ID")[:1]
    before = [*_ids(message, "References"), *_ids(message, "In-Reply-To")]
    return Heading(
        _addresses(message, "From"),
        _addresses(message, "To", "Cc"),
        " ".join(_plain(_header(message, "Subject")).split())[:TITLE],
        _moment(_header(message, "Date")),
        own[0] if own else None,
        (*before, *own)[0] if before or own else None,
    )


def text(source: bytes) -> str:
    """Return the text of a message, cut to what is kept; of HTML, what one would read."""
    message = _parsed(source)
    try:
        part = message.get_body(("plain", "html"))
        content = part.get_content() if part is not None else ""
    except (LookupError, ValueError, AttributeError):  # an encoding that is not known, or none at all
        return ""
    if not isinstance(content, str):
        return ""
    if part is not None and part.get_content_type() == "text/html":
        content = _without_tags(content)
    return _BLANK_LINES.sub("\n\n", _plain(content.replace("\r\n", "\n"))).strip()[:TEXT]


def moment_of(message: Heading, now: datetime) -> datetime:
    """Return when a message was sent: not in the future, whatever it says."""
    return min(message.sent_at, now) if message.sent_at is not None else now


def _parsed(source: bytes) -> EmailMessage:
    return message_from_bytes(source, policy=policy.default)


def _header(message: EmailMessage, name: str) -> str:
    return " ".join(_headers(message, name)[:1])


def _headers(message: EmailMessage, name: str) -> list[str]:
    try:
        return [str(value) for value in message.get_all(name, [])]
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return []  # the parser gives up on some that are broken


def _addresses(message: EmailMessage, *names: str) -> Sequence[str]:
    values = [value for name in names for value in _headers(message, name)]
    found = dict.fromkeys(_plain(address).lower() for _, address in getaddresses(values) if "@" in address)
    return tuple(found)[:_MOST_ADDRESSES]


def _ids(message: EmailMessage, name: str) -> list[str]:
    found = _ID.findall(_plain(" ".join(_headers(message, name))))
    return [each for each in found if len(each) <= NAME]


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _without_tags(content: str) -> str:
    import nh3  # noqa: PLC0415 - only where there is HTML

    lines = re.sub(r"(?i)<(br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", r"\n\g<0>", content)
    return html.unescape(nh3.clean(lines, tags=set()))


def _plain(value: str) -> str:
    # Broken encodings leave halves of characters behind, which no database takes.
    return _CONTROL.sub("", value.encode("utf-8", "replace").decode())
