"""Sessions: opened by signing in, kept alive by refresh tokens, ended by people, time or a theft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from hastecrm.core.audit import Entry, record
from hastecrm.core.authentication import Claims
from hastecrm.core.bodies import not_found
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import HTTPError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.logging import get_logger
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.tokens import AccessTokens
from hastecrm.features.accounts.domain import GRACE, Opened, Origin, Place, Session, Tokens, User, token_hash
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.repository import sessions as store
from hastecrm.features.accounts.repository.sessions import Held
from hastecrm.features.accounts.service.refresh_tokens import RefreshTokens

log = get_logger()
_LONGEST_CHAIN = 20  # refreshes of one session within the grace


@dataclass(frozen=True, slots=True)
class Limits:
    """How long sessions last: unused, and at most."""

    idle: timedelta
    absolute: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Take them from the settings."""
        return cls(timedelta(seconds=settings.session_idle), timedelta(days=settings.session_days))


class Known(Protocol):
    """What this process remembers about sessions."""

    def forget(self, session: UUID) -> None:
        """Make a session's end count from the next request on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Finds out who a session belongs to (an `authentication.Lookup`)."""

    database: Database
    limits: Limits
    clock: Clock

    async def __call__(self, claims: Claims) -> Principal | None:
        """Return the principal; None when the session has ended."""
        now, idle = self.clock(), self.limits.idle
        return await self.database.read(
            lambda connection: store.standing(connection, claims, now, idle), SYSTEM
        )


class Refusal(StrEnum):
    """Why a refresh token is not taken."""

    ENDED = "ended"
    REUSED = "reused"


class SessionService:
    """What can be done with sessions."""

    def __init__(
        self, standing: Standing, tokens: AccessTokens, refresh_tokens: RefreshTokens, known: Known
    ) -> None:
        self._database = standing.database
        self._limits = standing.limits
        self._clock = standing.clock
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._known = known

    async def open(self, connection: Any, user: User, origin: Origin) -> Opened:
        """Open a session for someone who has proven who they are, in the caller's transaction."""
        now, token = self._clock(), self._refresh_tokens.first()
        places = await repository.places_of(connection, user.id)
        latest = await store.latest_workspace(connection, user.id)
        held = Held(uuid7(), user.id, _workspace(places, latest))
        await store.open_session(connection, held, origin, now, now + self._limits.absolute)
        await store.give_token(connection, held.id, token_hash(token), now)
        entry = Entry("session.opened", "session", held.id, {"device": origin.device})
        await record(connection, entry, workspace=None, actor=user.id, address=origin.address)
        return Opened(self._given(held, token), places)

    async def refresh(self, token: str, origin: Origin) -> Tokens:
        """Exchange a refresh token for new tokens; raises `HTTPError` when the session has ended."""
        outcome = await self._database.run(
            lambda connection: self._exchange(connection, token, origin), SYSTEM
        )
        if isinstance(outcome, Tokens):
            return outcome
        session, refusal = outcome
        if refusal is Refusal.REUSED and session is not None:
            self._known.forget(session)
            log.warning("refresh token came back, session ended", session=session)
        raise HTTPError("This session has ended. Sign in again.", code=Code.AUTH_SESSION_EXPIRED)

    async def list(self, who: Principal) -> Sequence[Session]:
        """Return where someone is signed in."""
        user, now, idle = _person(who), self._clock(), self._limits.idle
        return await self._database.read(lambda connection: store.sessions_of(connection, user, now, idle))

    async def end(self, who: Principal, session: UUID, origin: Origin, *, why: str) -> None:
        """End one session of one's own; raises `BusinessError` when there is no such one."""
        user, now, idle = _person(who), self._clock(), self._limits.idle

        async def work(connection: Any) -> None:
            held = await store.hold(connection, session, now, idle)
            if held is None or held.user_id != user:
                raise not_found("session")
            await store.revoke(connection, session, why)
            await _record(connection, user, [session], origin, why)

        await self._database.run(work, SYSTEM)
        self._known.forget(session)

    async def end_others(self, who: Principal, origin: Origin) -> int:
        """End all sessions of someone but the one that asks; return how many."""
        user = _person(who)
        ended = await self._database.run(
            lambda connection: self.end_all(connection, user, origin, why="ended elsewhere", but=who.session),
            SYSTEM,
        )
        self.forget(ended)
        return len(ended)

    async def end_all(
        self, connection: Any, user: UUID, origin: Origin, *, why: str, but: UUID | None = None
    ) -> Sequence[UUID]:
        """End sessions in the caller's transaction, who calls `forget` with the result afterwards."""
        ended = await store.revoke_all(connection, user, why, but=but)
        await _record(connection, user, ended, origin, why)
        return ended

    def forget(self, sessions: Sequence[UUID]) -> None:
        """Make the end of sessions count here at once."""
        for session in sessions:
            self._known.forget(session)

    def _given(self, held: Held, token: str) -> Tokens:
        claims = Claims(held.user_id, held.id)
        access = self._tokens.issue(claims, held.workspace_id, self._clock())
        return Tokens(access, int(self._tokens.lifetime.total_seconds()), token, held.workspace_id)

    async def _exchange(
        self, connection: Any, token: str, origin: Origin
    ) -> Tokens | tuple[UUID | None, Refusal]:
        now = self._clock()
        session = await store.session_of(connection, token_hash(token))
        held = await store.hold(connection, session, now, self._limits.idle) if session is not None else None
        if held is None:
            return None, Refusal.ENDED
        used_at = (await store.use_of(connection, token_hash(token))).used_at
        if used_at is None:
            return await self._rotate(connection, held, token, origin)
        if now - used_at > GRACE:
            await store.revoke(connection, held.id, "a used refresh token came back")
            await _record(connection, held.user_id, [held.id], origin, "refresh token reused")
            return held.id, Refusal.REUSED
        newest = await self._newest(connection, token)
        return self._given(held, newest) if newest is not None else (held.id, Refusal.ENDED)

    async def _rotate(self, connection: Any, held: Held, token: str, origin: Origin) -> Tokens:
        now, successor = self._clock(), self._refresh_tokens.after(token)
        await store.replace_token(connection, token_hash(token), token_hash(successor), now)
        await store.give_token(connection, held.id, token_hash(successor), now)
        await store.seen(connection, held.id, origin, now)
        return self._given(held, successor)

    async def _newest(self, connection: Any, token: str) -> str | None:
        """Return the token at the end of the family, for a tab that was a moment too late."""
        for _ in range(_LONGEST_CHAIN):
            used = await store.use_of(connection, token_hash(token))
            if used.used_at is None:
                return token
            successor = self._refresh_tokens.known_successor(token, used.successor)
            if successor is None:
                return None
            token = successor
        return None


def _workspace(places: Sequence[Place], latest: UUID | None) -> UUID | None:
    ids = [place.id for place in places]
    return latest if latest in ids else next(iter(ids), None)


def _person(who: Principal) -> UUID:
    assert who.user is not None, "the routes let only people pass"  # noqa: S101
    return who.user


async def _record(connection: Any, user: UUID, ended: Sequence[UUID], origin: Origin, why: str) -> None:
    for session in ended:
        entry = Entry("session.ended", "session", session, {"why": why})
        await record(connection, entry, workspace=None, actor=user, address=origin.address)
