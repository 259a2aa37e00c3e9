"""Signing up without an invitation: who reads an address's mail may make an account and a workspace.

Whether an address has an account is told to those alone who read its mail.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hastecrm.core.audit import Entry, record
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, SystemFaultError, UniqueViolationError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.jobs.model import Kind, Payload, Task
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.passwords import Passwords
from hastecrm.core.scope import SYSTEM
from hastecrm.core.sealing import Sealer, SealError
from hastecrm.features.accounts.domain import (
    EVERYWHERE,
    LETTER_PAUSE,
    SIGN_UP_LETTERS,
    SIGN_UP_LIFE,
    Founder,
    Origin,
    SignedIn,
    User,
    account_key,
)
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.letters import known_letter, sign_up_letter
from hastecrm.features.accounts.service.mailroom import Mailroom
from hastecrm.features.accounts.service.new_passwords import acceptable
from hastecrm.features.accounts.service.registration import taken
from hastecrm.features.accounts.service.sessions import SessionService

KIND: Final = "send_sign_up_link"
_PLACE: Final = "sign-up link"


class SignUpWanted(Payload):
    """Someone says that this is their address and that they want an account."""

    email: str


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the tokens of links, which prove that somebody reads an address's mail."""

    sealer: Sealer
    clock: Clock

    def token(self, email: str) -> str:
        """Return a token for an address."""
        body = {"email": email, "ends": (self.clock() + SIGN_UP_LIFE).timestamp()}
        return base64.urlsafe_b64encode(self.sealer.seal(orjson.dumps(body), _PLACE)).decode("ascii")

    def email(self, token: str) -> str:
        """Return the address that a token is for; raises `BusinessError` when it is not good (any more)."""
        try:
            sealed = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
            body = orjson.loads(self.sealer.open(sealed, _PLACE))
        except (binascii.Error, SealError, UnicodeEncodeError):
            body = {"ends": 0}
        if body["ends"] <= self.clock().timestamp():
            detail = "The link is not valid (any more): it is good for a limited time. Ask for a new one."
            raise BusinessError(detail, code=Code.AUTH_LINK_INVALID)
        return str(body["email"])


@dataclass(frozen=True, slots=True)
class SignUpService:
    """Lets people make an account and a workspace of their own, where the installation is `open` to them."""

    database: Database
    mailroom: Mailroom | None
    links: Links
    passwords: Passwords
    sessions: SessionService
    open: bool

    async def ask(self, email: str) -> None:
        """Have a letter sent, whoever has the address; raises `BusinessError` where only guests come in."""
        self._check_open()
        if self.mailroom is None:
            detail = "This installation sends no mail; ask whoever runs it to help you."
            raise SystemFaultError(detail, code=Code.SYS_MAIL_UNAVAILABLE)
        # The worker looks who that is: here it would show in the time that the answer takes.
        async with self.database.transaction(SYSTEM) as connection:
            await enqueue(connection, KIND, SignUpWanted(email=email), unique_key=account_key(email).hex())

    async def finish(self, founder: Founder, origin: Origin) -> SignedIn:
        """Make account and workspace and sign in; raises `BusinessError` for a link that is not good."""
        self._check_open()
        email = self.links.email(founder.token)
        hashed = await self.passwords.hash(acceptable(founder.password, "/password", (email, founder.name)))
        new = User(uuid7(), email, founder.name, "UTC", "en", hashed, self.links.clock(), None)

        async def work(connection: Any) -> SignedIn:
            user = await repository.add_user(connection, new)
            workspace = uuid7()
            await repository.found(connection, workspace, founder.workspace)
            await repository.own(connection, workspace, user.id, None)
            entry = Entry("user.signed_up", "user", user.id)
            await record(connection, entry, workspace=workspace, actor=user.id, address=origin.address)
            return SignedIn(user, await self.sessions.open(connection, user, origin))

        try:
            return await self.database.run(work, SYSTEM)
        except UniqueViolationError as exc:
            raise taken("/token") from exc

    def _check_open(self) -> None:
        if not self.open:
            detail = "This installation lets in who was invited; ask a member for an invitation."
            raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)


def sign_up_kind(mailroom: Mailroom, links: Links) -> Kind[SignUpWanted]:
    """Return the kind of job that writes to people who want an account."""

    async def run(task: Task[SignUpWanted]) -> None:
        async with task.finishing() as connection:
            await _write(connection, task.payload.email, mailroom, links)

    return Kind(KIND, SignUpWanted, run)


async def _write(connection: Any, email: str, mailroom: Mailroom, links: Links) -> None:
    now = mailroom.clock()
    # Whoever asks for many letters must not fill somebody's inbox; no address begins like this.
    (sent,) = await repository.attempts_on(connection, f"sign-up {email}", EVERYWHERE)
    counted = sent.tried(now)
    if sent.failures and (now - sent.last_at < LETTER_PAUSE or counted.failures > SIGN_UP_LETTERS):
        return
    await repository.keep_attempts(connection, f"sign-up {email}", [counted])
    user = await repository.user_of(connection, email)
    if user is None:
        letter = sign_up_letter(email, mailroom.site, links.token(email), now)
        await mailroom.outbox.post(connection, letter)
    elif user.disabled_at is None:
        await mailroom.outbox.post(connection, known_letter(user, mailroom.site))
