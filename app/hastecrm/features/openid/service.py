"""Signing in through a provider: leave with an attempt, come back with a code, get a ticket."""

import hmac
from collections.abc import Mapping
from dataclasses import asdict
from secrets import token_urlsafe
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from hastecrm.core.audit import Entry, record
from hastecrm.core.bodies import wrong_value
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, HTTPError
from hastecrm.core.scope import SYSTEM
from hastecrm.core.sealing import Sealer, SealError
from hastecrm.features.openid import repository
from hastecrm.features.openid.domain import ATTEMPT_LIFE, TICKET_LIFE, Attempt, Identity, Provider, is_ours

_ATTEMPT: Final = "openid attempt"
_TICKET: Final = "openid ticket"


class Client(Protocol):
    """One provider, over the network."""

    provider: Provider

    async def authorization_url(self, attempt: Attempt) -> str:
        """Return where to send the browser."""

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        """Exchange a code; raises `HTTPError` when the provider refuses it."""


class OpenIDService:
    """The providers of this installation, and the accounts that they open."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        database: Database,
        sealer: Sealer,
        clock: Clock,
        public_url: str | None,
    ) -> None:
        self._clients = clients
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._public_url = public_url

    @property
    def providers(self) -> list[Provider]:
        """Whom people can choose."""
        return [client.provider for client in self._clients.values()]

    async def start(self, name: str, redirect_uri: str) -> tuple[str, str]:
        """Return where to send the browser, and the sealed attempt that it brings back."""
        client = self._client(name)
        if not is_ours(redirect_uri, self._public_url):
            raise wrong_value("/redirect_uri", "must be an address of this installation's pages")
        ends = (self._clock() + ATTEMPT_LIFE).timestamp()
        state, nonce, verifier = token_urlsafe(24), token_urlsafe(24), token_urlsafe(48)
        attempt = Attempt(name, state, nonce, verifier, redirect_uri, ends)
        sealed = self._sealer.seal(orjson.dumps(asdict(attempt)), _ATTEMPT).hex()
        return await client.authorization_url(attempt), sealed

    async def finish(self, sealed: str, state: str, code: str) -> str:
        """Return a ticket for the account that the provider vouches for; raises `HTTPError`."""
        attempt = self._attempt(sealed)
        if not hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "surrogatepass")):
            raise _stale()
        identity = await self._client(attempt.provider).identity(attempt, code)
        user = await self._account(identity)
        body = {"user": str(user), "ends": (self._clock() + TICKET_LIFE).timestamp()}
        return self._sealer.seal(orjson.dumps(body), _TICKET).hex()

    def redeem(self, ticket: str) -> UUID:
        """Return the account that a ticket is for; raises `HTTPError` when it is too old or not ours."""
        body = self._opened(ticket, _TICKET)
        return UUID(body["user"])

    async def _account(self, identity: Identity) -> UUID:
        async def work(connection: Any) -> UUID | None:
            user = await repository.known_user(connection, identity)
            if user is None and identity.email is not None and identity.email_verified:
                user = await repository.user_by_email(connection, identity.email)
                if user is not None:
                    await repository.link(connection, identity, user)
                    entry = Entry("user.identity_linked", "user", user, {"provider": identity.provider})
                    await record(connection, entry, workspace=None, actor=user)
            return user

        if (user := await self._database.run(work, SYSTEM)) is None:
            detail = "No account belongs to this identity. Ask for an invitation to the address that it has."
            raise BusinessError(detail, code=Code.AUTH_NO_ACCOUNT)
        return user

    def _attempt(self, sealed: str) -> Attempt:
        return Attempt(**self._opened(sealed, _ATTEMPT))

    def _opened(self, sealed: str, place: str) -> dict[str, Any]:
        try:
            body: dict[str, Any] = orjson.loads(self._sealer.open(bytes.fromhex(sealed), place))
        except (ValueError, SealError) as exc:
            raise _stale() from exc
        if body["ends"] < self._clock().timestamp():
            raise _stale()
        return body

    def _client(self, name: str) -> Client:
        if (client := self._clients.get(name)) is None:
            detail = f"There is no sign-in provider named {name!r} here."
            raise BusinessError(detail, code=Code.BIZ_NOT_FOUND)
        return client


def _stale() -> HTTPError:
    detail = "This sign-in took too long, or was begun in another browser. Begin again."
    return HTTPError(detail, code=Code.AUTH_OPENID_REFUSED)
