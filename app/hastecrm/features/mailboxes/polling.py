"""The jobs that look into mailboxes: what is new of known contacts becomes activities, each once."""

import asyncio
import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid5

from hastecrm.core.clock import Clock
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal, Role
from hastecrm.core.jobs.model import Empty, Kind, Task, in_one_transaction
from hastecrm.core.logging import get_logger
from hastecrm.core.outbound import Outbound
from hastecrm.core.records import kind as records
from hastecrm.core.records.changes import new_values
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.sealing import Sealer, SealError
from hastecrm.features.mailboxes import repository
from hastecrm.features.mailboxes.domain import Found, Place, pause, place_of
from hastecrm.features.mailboxes.imap import IMAPError, Mailbox, trusting
from hastecrm.features.mailboxes.messages import NAME, Heading, heading, moment_of, text
from hastecrm.features.mailboxes.starting import POLL, Polled, poll

log = get_logger()
LOOK: Final = "look_for_mail"
_ACCOUNTS: Final = 200  # that are started at a time
_MESSAGES: Final = 200  # that one visit reads the headers of
_TIMEOUT: Final = 240.0
_SEALED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Mail:
    """A message and the contacts whose activity it becomes."""

    uid: int
    heading: Heading
    contacts: Sequence[Any]
    outgoing: bool


@dataclass(frozen=True, slots=True)
class LookForMail:
    """The worker's job that starts a visit to each mailbox that is due."""

    sealer: Sealer

    async def __call__(self, connection: Any) -> int:
        """Start visits; return how many. What a previous secret key sealed is sealed with the current one."""
        await self._seal_again(connection)
        due = await repository.take_due(connection, _ACCOUNTS, pause(0))
        for account in due:
            await poll(connection, account)
        return len(due)

    async def _seal_again(self, connection: Any) -> None:
        if not (beginnings := self.sealer.older_beginnings()):
            return
        for account, sealed in (await repository.sealed_before(connection, beginnings, _SEALED)).items():
            try:
                secret = self.sealer.open(sealed, place_of(account))
            except SealError:
                continue  # damaged: its visits tell
            await repository.seal_again(connection, account, self.sealer.seal(secret, place_of(account)))


@dataclass(frozen=True, slots=True)
class PollMail:
    """The worker's job that visits one mailbox; `activity` is the kind that mails become.

    `ca_file` has certificates that are trusted beside the public ones.
    """

    sealer: Sealer
    outbound: Outbound
    activity: records.Kind
    clock: Clock
    ca_file: str | None = None

    async def run(self, task: Task[Polled]) -> None:
        """Read what is new. What goes wrong is told by the account, which is tried again later."""
        async with task.transaction() as connection:
            account = await repository.account(connection, task.payload.account)
        if account is None:
            return
        try:
            await self._visit(task, account)
        except (IMAPError, SealError, OSError, TimeoutError) as exc:
            problem = _said(exc)
            log.warning("mailbox not read", account=account["id"], reason=problem)
            async with task.finishing() as connection:
                again = pause(account["failures"] + 1)
                await repository.failed(connection, account["id"], problem, again)

    async def _visit(self, task: Task[Polled], account: Any) -> None:
        password = self.sealer.open(account["password"], place_of(account["id"])).decode()
        connected = await self.outbound.connect(account["host"], account["port"])
        mailbox = None
        try:
            context = trusting(self.ca_file)
            mailbox = await asyncio.to_thread(
                Mailbox, connected, account["host"], context, account["encryption"]
            )
            await asyncio.to_thread(mailbox.sign_in, account["username"], password)
            found, mails, sources = await self._read(task, account, mailbox)
        finally:
            await asyncio.to_thread(mailbox.leave if mailbox is not None else connected.close)
        async with task.finishing() as connection:
            now = await repository.account(connection, account["id"], locked=True)
            if now is not None and _is_same(account, now):
                await self._keep(connection, account, mails, sources)
                again = timedelta(0) if found.more else pause(0)
                await repository.read_up_to(connection, account["id"], found.place, again)

    async def _read(
        self, task: Task[Polled], account: Any, mailbox: Mailbox
    ) -> tuple[Found, Sequence[Mail], Mapping[int, bytes]]:
        before = Place(account["uid_validity"], account["last_uid"])
        since = (account["since"] - timedelta(days=1)).date()
        found = await asyncio.to_thread(mailbox.look, account["folder"], before, since, _MESSAGES)
        headers = await asyncio.to_thread(mailbox.headers, found.uids)
        headings = {uid: heading(headers[uid]) for uid in found.uids if uid in headers}
        async with task.transaction() as connection:
            mails = await _known(connection, account, headings)
        return found, mails, await asyncio.to_thread(mailbox.bodies, [mail.uid for mail in mails])

    async def _keep(
        self, connection: Any, account: Any, mails: Sequence[Mail], sources: Mapping[int, bytes]
    ) -> None:
        who = Principal(account["workspace_id"], Role.OWNER, owners=None)
        locked = LockedRecords(self.activity, connection, who, CustomFields())
        await repository.lock_messages(connection, account["workspace_id"])
        for mail in mails:
            message = mail.heading.message_id or _named(account, mail)
            for contact in mail.contacts:
                if await repository.is_there(connection, account["workspace_id"], message, contact["id"]):
                    continue
                owner = account["member_id"] or contact["owner_id"]
                about = {"contact_id": contact["id"], "owner_id": owner}
                values = self._values(mail, message, sources.get(mail.uid, b""))
                await locked.add(uuid7(), new_values(self.activity, who, {**values, **about}))

    def _values(self, mail: Mail, message: str, source: bytes) -> dict[str, Any]:
        return {
            "title": mail.heading.subject or "(no subject)",
            "type": "email",
            "description": text(source) or None,
            "occurred_at": moment_of(mail.heading, self.clock()),
            "direction": "outgoing" if mail.outgoing else "incoming",
            "mail_status": "sent" if mail.outgoing else "received",
            "message_id": message,
            "thread_id": mail.heading.thread_id or message,
        }


async def _known(connection: Any, account: Any, headings: Mapping[int, Heading]) -> Sequence[Mail]:
    addresses = sorted({each for one in headings.values() for each in (*one.sender, *one.recipients)})
    ours = await repository.ours(connection, account["workspace_id"], addresses)
    contacts = await repository.contacts(connection, account["workspace_id"], addresses)
    ours.add(account["username"].lower())
    found = []
    for uid, one in headings.items():
        outgoing = any(each in ours for each in one.sender)
        # Who wrote it; of what we wrote, or a stranger did, those who got it.
        senders = [contacts[each] for each in one.sender if each in contacts and not outgoing]
        readers = [contacts[each] for each in one.recipients if each in contacts]
        if whose := senders or readers:
            found.append(Mail(uid, one, whose, outgoing))
    return found


def _named(account: Any, mail: Mail) -> str:
    """Return a name for a message that has none: the same each time that it is seen."""
    sent_at = mail.heading.sent_at
    parts = (sent_at.isoformat() if sent_at else "", *mail.heading.sender, mail.heading.subject)
    return f"<{uuid5(account['id'], ' '.join(parts))}@hastecrm.invalid>"


def _is_same(before: Any, now: Any) -> bool:
    names = ("host", "port", "encryption", "username", "folder", "password", "uid_validity", "last_uid")
    return all(before[name] == now[name] for name in names)


def _said(exc: Exception) -> str:
    if isinstance(exc, IMAPError):
        return str(exc)
    if isinstance(exc, SealError):
        return "the password cannot be opened any more: store it again"
    if isinstance(exc, OSError) and exc.errno == errno.EACCES:
        return "the server lies in a network that may not be called (HASTECRM_OUTBOUND_ALLOWED_NETWORKS)"
    if isinstance(exc, TimeoutError):
        return "the server does not answer in time"
    return f"the server cannot be reached: {getattr(exc, 'strerror', None) or exc}"[:NAME]


def poll_kinds(sealer: Sealer, poll_mail: PollMail) -> list[Kind[Any]]:
    """Return the kinds of job that look into mailboxes."""
    return [
        Kind(LOOK, Empty, in_one_transaction(LookForMail(sealer))),
        Kind(POLL, Polled, poll_mail.run, attempts=3, timeout=_TIMEOUT),
    ]
