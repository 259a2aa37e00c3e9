"""Finds out who is asking, and asks the policy whether they may: once, for every address."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hastecrm.core.api_keys import KEY_PREFIX, KeyHolders
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, HTTPError
from hastecrm.core.identity import PRINCIPAL, Principal, Role
from hastecrm.core.logging import get_logger
from hastecrm.core.operations import operation_of
from hastecrm.core.policy import Access, Open, Right, allows, covers, scope_of
from hastecrm.core.remembered import Remembered

log = get_logger()
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="hastecrm"'}
_DENIALS: Final = frozenset({Code.AUTH_FORBIDDEN, Code.AUTH_NOT_IN_WORKSPACE})
WORKSPACE_HEADER: Final = "X-Workspace"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says."""

    user: UUID
    session: UUID
    # Not of the token: the workspace that this one request is for; None: where the session works.
    workspace: UUID | None = None


class Verifier(Protocol):
    """Checks access tokens."""

    def verify(self, token: str) -> Claims:
        """Return the claims; raises `HTTPError` for anything but a good token."""


# Returns who a session belongs to now and what they may see, or None when it has ended.
Lookup = Callable[[Claims], Awaitable[Principal | None]]


class Sessions:
    """Who the sessions belong to, remembered for a few seconds so that most requests ask no database.

    That is also how long a session may outlive its end in another process; in this one, `forget` ends it.
    """

    def __init__(self, lookup: Lookup, seconds: float) -> None:
        self._lookup = lookup
        self._known: Remembered[tuple[UUID, UUID | None], Principal] = Remembered(seconds)

    async def principal(self, claims: Claims) -> Principal:
        """Return who is asking; raises `HTTPError` when the session has ended."""
        key = (claims.session, claims.workspace)
        if (known := self._known.get(key)) is not None:
            return known
        asked_at = self._known.changes
        found = await self._lookup(claims)
        if found is None:
            self.forget(claims.session)
            detail = "This session has ended. Sign in again."
            raise HTTPError(detail, code=Code.AUTH_SESSION_EXPIRED, headers=_CHALLENGE)
        # Anyone could name any number of workspaces that are not theirs.
        if claims.workspace is None or found.role is not None:
            self._known.put(key, found, asked_at=asked_at)
        return found

    def forget(self, session: UUID) -> None:
        """Ask the database again for this session's next request."""
        self._known.forget(lambda key: key[0] == session)

    def forget_all(self) -> None:
        """Ask the database again for everyone: a role, a team or a membership has changed."""
        self._known.forget_all()


class Authenticator:
    """Turns a bearer token into a principal: the installation's own token, or a person's.

    While the installation's token is being replaced, `previous` is as good as the new one.
    """

    def __init__(
        self,
        token: str,
        workspace: UUID,
        people: tuple[Verifier, Sessions] | None = None,
        *,
        previous: str | None = None,
        keys: KeyHolders | None = None,
    ) -> None:
        self._tokens = [each.encode() for each in (token, previous) if each is not None]
        self._installation = Principal(workspace, Role.OWNER, owners=None)
        self._people = people
        self._keys = keys

    async def principal(self, request: web.Request) -> Principal:
        """Return who sent the request; raises `HTTPError` when that cannot be told."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        token = given.strip()
        if scheme.lower() != "bearer" or not token:
            raise _unknown()
        sent = token.encode("utf-8", "surrogateescape")
        if any([hmac.compare_digest(sent, ours) for ours in self._tokens]):  # noqa: C419 - takes equally long
            return self._installed(_wanted(request))
        if self._keys is not None and token.startswith(KEY_PREFIX):
            return await self._keys.principal(token, _wanted(request))
        if self._people is None:
            raise _unknown()
        verifier, sessions = self._people
        return await sessions.principal(replace(verifier.verify(token), workspace=_wanted(request)))

    def _installed(self, wanted: UUID | None) -> Principal:
        if wanted in (None, self._installation.workspace):
            return self._installation
        return Principal(wanted, None)

    def forget(self, session: UUID) -> None:
        """Make a change of one session count from its next request on."""
        if self._people is not None:
            self._people[1].forget(session)

    def forget_all(self) -> None:
        """Make a change of roles, teams or memberships count from the next request on."""
        if self._people is not None:
            self._people[1].forget_all()
        if self._keys is not None:
            self._keys.forget_all()


class Denied(Protocol):
    """Keeps account of access that was denied."""

    async def record(self, principal: Principal, access: Access, reason: str) -> None:
        """Take note of it; raises nothing."""


DENIED: Final = web.RequestKey("denied", Denied)  # for what asks for rights of its own below an address


def access_control(authenticator: Authenticator, *, prefix: str, denials: Denied) -> Middleware:
    """Return a middleware that lets each address be used only by those whom its operation names.

    Below `prefix` an address without an operation (a spelling mistake) asks for a token too, so that nobody
    learns without one which addresses exist. The handler finds who asks in `request[PRINCIPAL]`.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = operation_of(request)
        access: Access = operation.access if operation is not None else Open.KNOWN
        if access is Open.PUBLIC or (operation is None and not request.path.startswith(prefix)):
            return await handler(request)
        request[DENIED] = denials
        request[PRINCIPAL] = principal = await authenticator.principal(request)
        try:
            demand(principal, access)
            return await handler(request)
        except BusinessError as exc:
            # Also where the policy allows, a rule between people may forbid: only an owner touches owners.
            if exc.code in _DENIALS:
                await denials.record(principal, access, exc.code.name)
            raise

    return check


def demand(principal: Principal, access: Access) -> None:
    """Return if the principal may; raises `BusinessError` that says what is missing."""
    if isinstance(access, Open):
        return _demand_person(principal, access)
    if allows(principal.role, access):
        return _demand_scope(principal, access)
    log.warning("access denied", user=principal.user, role=principal.role, right=str(access))
    if principal.role is None:
        detail = "You are not a member of this workspace (any more). Switch to another one."
        raise BusinessError(detail, code=Code.AUTH_NOT_IN_WORKSPACE)
    detail = f"Your role in this workspace, {principal.role}, may not {access.verb} a {access.resource}."
    raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)


def _demand_person(principal: Principal, access: Open) -> None:
    if access is Open.SIGNED_IN and principal.key is not None:
        raise BusinessError("An API key cannot do this: sign in for it.", code=Code.AUTH_FORBIDDEN)


def _demand_scope(principal: Principal, right: Right) -> None:
    if principal.scopes is not None and not covers(principal.scopes, right):
        detail = f"This API key is not made for that: it needs the scope {scope_of(right)}."
        raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)


def _wanted(request: web.Request) -> UUID | None:
    given = request.headers.get(WORKSPACE_HEADER)
    try:
        return UUID(given) if given else None
    except ValueError as exc:
        raise HTTPError(f"The header {WORKSPACE_HEADER} takes the id of a workspace.") from exc


def _unknown() -> HTTPError:
    detail = "Send the header 'Authorization: Bearer <access token>'."
    return HTTPError(detail, code=Code.AUTH_REQUIRED, headers=_CHALLENGE)
