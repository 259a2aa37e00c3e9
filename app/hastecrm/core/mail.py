"""Mail: a letter is a job in the transaction that makes it true, and leaves through the worker.

What a letter says may let someone in (a link), so it waits sealed.
"""

import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final

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
_BACKOFF: Final = Backoff(first=5.0, longest=1800.0)
_ATTEMPTS: Final = 14


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text for one person; after `good_until` it would only mislead."""

    to: str
    subject: str
    text: str
    good_until: datetime | None = None


class WaitingLetter(Payload):
    """A letter on its way."""

    to: str
    subject: str
    sealed: str
    good_until: datetime | None = None


class Outbox:
    """Takes letters."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def post(self, connection: Any, letter: Letter) -> None:
        """Send the letter once the caller's transaction has committed, and not at all if it does not."""
        sealed = b64encode(self._sealer.seal(letter.text.encode(), _PLACE)).decode()
        waiting = WaitingLetter(
            to=letter.to, subject=letter.subject, sealed=sealed, good_until=letter.good_until
        )
        await enqueue(connection, KIND, waiting)


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
        waiting = task.payload
        if waiting.good_until is not None and waiting.good_until < self._clock():
            raise GiveUpError("the letter came too late to be of use")
        message = self._message(waiting, f"{task.id}")
        try:
            await self._remote.call(lambda: self._hand_over(message))
        except (aiosmtplib.SMTPException, OSError) as exc:
            raise _judged(exc) from exc
        log.info("letter sent", subject=waiting.subject)

    def _message(self, waiting: WaitingLetter, job: str) -> EmailMessage:
        sender = str(self._settings.mail_from)
        message = EmailMessage()
        try:
            message["From"], message["To"], message["Subject"] = sender, waiting.to, waiting.subject
            message.set_content(self._sealer.open(b64decode(waiting.sealed), _PLACE).decode())
        except (ValueError, SealError) as exc:
            raise GiveUpError("the letter cannot be written") from exc
        message["Date"] = format_datetime(self._clock())
        # The same in every attempt, so that a server or a reader may drop doubles.
        message["Message-ID"] = f"<{job}@{parseaddr(sender)[1].rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # no out-of-office replies, please (RFC 3834)
        return message

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


def mail_kind(settings: Settings, remotes: Remotes) -> Kind[WaitingLetter]:
    """Return the kind of job that sends letters."""
    errors = (OSError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError)
    remote = remotes.add("mail", errors, Terms(timeout=settings.mail_timeout + 1))
    postman = Postman(settings, remote, Sealer.of(settings))
    return Kind(KIND, WaitingLetter, postman.run, attempts=_ATTEMPTS, backoff=_BACKOFF)
