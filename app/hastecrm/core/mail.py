"""Mail: a letter is a job in the transaction that makes it true, and leaves through the worker.

What a letter says may let someone in (a link), so it waits sealed.
"""

import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from uuid import UUID

import aiosmtplib

from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.jobs.model import Backoff, GiveUpError, Kind, Payload, Task
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.logging import get_logger
from hastecrm.core.remote import Remote, Remotes, Terms
from hastecrm.core.sealing import Sealer, SealError
from hastecrm.core.settings import Settings

log = get_logger()
KIND: Final = "send_mail"
_PLACE: Final = "letter"
_PERMANENT: Final = range(500, 600)
_MISTAKES: Final = (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPConnectResponseError)
# About three hours: an SMTP server that greylists takes the second or third try.
BACKOFF: Final = Backoff(first=5.0, longest=1800.0)
ATTEMPTS: Final = 14


@dataclass(frozen=True, slots=True)
class Author:
    """The person in whose name a letter is sent, and who gets the answers."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The Message-ID of what a letter answers, and of what began that conversation."""

    message: str
    thread: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Text for one person, and perhaps the same as HTML; after `good_until` it would only mislead."""

    to: str
    subject: str
    text: str
    good_until: datetime | None = None
    html: str | None = None
    author: Author | None = None
    answers: Answered | None = None


class WaitingLetter(Payload):
    """A letter on its way."""

    to: str
    subject: str
    sealed: str
    good_until: datetime | None = None
    sealed_html: str | None = None
    author: Author | None = None
    answers: Answered | None = None


class Outbox:
    """Takes letters."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def post(self, connection: Any, letter: Letter) -> None:
        """Send the letter once the caller's transaction has committed, and not at all if it does not."""
        await enqueue(connection, KIND, self.waiting(letter))

    def waiting(self, letter: Letter) -> WaitingLetter:
        """Return a letter as a job carries it: what it says is sealed."""
        return WaitingLetter(
            to=letter.to,
            subject=letter.subject,
            sealed=self._sealed(letter.text),
            good_until=letter.good_until,
            sealed_html=self._sealed(letter.html) if letter.html is not None else None,
            author=letter.author,
            answers=letter.answers,
        )

    def _sealed(self, text: str) -> str:
        return b64encode(self._sealer.seal(text.encode(), _PLACE)).decode()


def outbox_of(settings: Settings) -> Outbox | None:
    """Return the outbox of an installation; None when it has no SMTP server."""
    return Outbox(Sealer.of(settings)) if settings.mail_host is not None else None


class NotSentError(SystemFaultError):
    """The SMTP server did not take a letter this time."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE


class Postman:
    """Hands letters to the SMTP server."""

    def __init__(self, settings: Settings, remote: Remote, sealer: Sealer, clock: Clock = utc_now) -> None:
        self._settings = settings
        self._remote = remote
        self._sealer = sealer
        self._clock = clock

    async def run(self, task: Task[WaitingLetter]) -> None:
        """Send one letter; raises `GiveUpError` when the server will never take it."""
        await self.deliver(task.payload, task.id)

    async def deliver(self, waiting: WaitingLetter, letter: UUID) -> None:
        """Send a letter with this id; raises `GiveUpError`, or `SystemFaultError` when it may work later."""
        if waiting.good_until is not None and waiting.good_until < self._clock():
            raise GiveUpError("the letter came too late to be of use")
        message = self._message(waiting, letter)
        try:
            await self._remote.call(lambda: self._hand_over(message))
        except (aiosmtplib.SMTPException, OSError) as exc:
            raise _judged(exc) from exc
        log.info("letter sent", subject=waiting.subject)

    def message_id(self, letter: UUID) -> str:
        """Return the Message-ID of a letter, the same in every attempt, so that readers may drop doubles."""
        return f"<{letter}@{parseaddr(str(self._settings.mail_from))[1].rpartition('@')[2]}>"

    def _message(self, waiting: WaitingLetter, letter: UUID) -> EmailMessage:
        sender = str(self._settings.mail_from)
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = sender, waiting.to, waiting.subject
            message.set_content(self._opened(waiting.sealed))
            if waiting.sealed_html is not None:
                message.add_alternative(self._opened(waiting.sealed_html), subtype="html")
            _sign(message, waiting.author, parseaddr(sender)[1])
            if (answers := waiting.answers) is not None:
                message["In-Reply-To"] = answers.message
                message["References"] = " ".join(dict.fromkeys((answers.thread, answers.message)))
        except (ValueError, SealError) as exc:
            raise GiveUpError("the letter cannot be written") from exc
        message["Date"] = format_datetime(self._clock())
        message["Message-ID"] = self.message_id(letter)
        return message

    def _opened(self, sealed: str) -> str:
        return self._sealer.open(b64decode(sealed), _PLACE).decode()

    async def _hand_over(self, message: EmailMessage) -> None:
        settings = self._settings
        password = settings.mail_password
        await aiosmtplib.send(
            message,
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_user,
            password=password.get_secret_value() if password is not None else None,
            use_tls=settings.mail_tls == "tls",
            start_tls=settings.mail_tls == "starttls",
            tls_context=self._tls(),
            timeout=settings.mail_timeout,
        )

    def _tls(self) -> ssl.SSLContext | None:
        if self._settings.mail_tls == "none":
            return None
        return ssl.create_default_context(cafile=self._settings.mail_ca_file)


def _sign(message: EmailMessage, author: Author | None, sender: str) -> None:
    if author is None:
        message["Auto-Submitted"] = "auto-generated"  # no out-of-office replies, please (RFC 3834)
        return
    # The server sends for its own address only: the name is the author's, and answers go to them.
    message.replace_header("From", Address(author.name, addr_spec=sender))
    message["Reply-To"] = Address(author.name, addr_spec=author.address)
    message["List-Unsubscribe"] = f"<mailto:{author.address}?subject=unsubscribe>"


def _judged(exc: Exception) -> Exception:
    status = 0
    # A refused sign-in is the installation's mistake, which someone may put right meanwhile.
    if isinstance(exc, aiosmtplib.SMTPResponseException) and not isinstance(exc, _MISTAKES):
        status = exc.code
    elif isinstance(exc, aiosmtplib.SMTPRecipientsRefused):
        status = max(refused.code for refused in exc.recipients)
    if status in _PERMANENT:
        return GiveUpError(f"the SMTP server refuses the letter for good ({status})")
    return NotSentError("the letter was not sent", reason="the SMTP server did not take the letter")


def mail_kind(postman: Postman) -> Kind[WaitingLetter]:
    """Return the kind of job that sends letters."""
    return Kind(KIND, WaitingLetter, postman.run, attempts=ATTEMPTS, backoff=BACKOFF)


def postman_of(settings: Settings, remotes: Remotes) -> Postman:
    """Return what hands letters to the SMTP server of an installation."""
    errors = (OSError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError)
    remote = remotes.add("mail", errors, Terms(timeout=settings.mail_timeout + 1))
    return Postman(settings, remote, Sealer.of(settings))
