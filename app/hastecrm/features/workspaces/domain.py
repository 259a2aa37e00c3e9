"""Workspaces, members, teams and invitations, and the rules between people. No I/O, no clock."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal, Role, Visibility

INVITATION_LIFE: Final = timedelta(days=7)
_RANK: Final = {Role.VIEWER: 0, Role.MEMBER: 1, Role.ADMIN: 2, Role.OWNER: 3}
_WIDTH: Final = {Visibility.OWN: 0, Visibility.TEAM: 1, Visibility.ALL: 2}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A group of people and the records that they share; `member_limit` is None where there is no limit."""

    id: UUID
    name: str
    member_limit: int | None
    members: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Belonging:
    """A workspace as one of its members sees it in the list of theirs."""

    id: UUID
    name: str
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What someone is in a workspace: what they may do, whose records they see, and their team."""

    role: Role
    visibility: Visibility
    team: UUID | None = None


FOUNDER: Final = Standing(Role.OWNER, Visibility.ALL)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who belongs to a workspace."""

    user: UUID
    name: str
    email: str
    standing: Standing
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Team:
    """Members who see each other's records, where their visibility is `team`."""

    id: UUID
    name: str
    members: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation; whoever has its token and its address may come in."""

    id: UUID
    email: str
    standing: Standing
    invited_by: UUID | None
    created_at: datetime
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """An invitation as its token finds it, with all that decides whether it still counts."""

    id: UUID
    workspace: UUID
    workspace_name: str
    member_limit: int | None
    email: str
    standing: Standing
    expires_at: datetime
    accepted: bool
    has_account: bool


def new_token(secret: str, *, mailed: bool) -> str:
    """Return a token that tells how it was sent; the digest covers that, so nobody can change it."""
    return ("m" if mailed else "h") + secret


def proves_address(token: str) -> bool:
    """Whether a good token can only have come from the address's own mail, and was not passed on by hand."""
    return token.startswith("m")


def token_digest(token: str) -> bytes:
    """Return what is stored in place of a token; fast, because a token has 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def check_grant(who: Principal, role: Role) -> None:
    """Return if the principal may make someone this; raises `BusinessError`."""
    if role is Role.OWNER and who.role is not Role.OWNER:
        raise _forbidden("Only an owner can make someone an owner.")


def check_change(who: Principal, member: Member, wanted: Standing, *, other_owners: int) -> None:
    """Return if the principal may make the member this; raises `BusinessError` that names the rule."""
    _check_reach(who, member)
    check_grant(who, wanted.role)
    if who.user == member.user and who.role is not Role.OWNER and _is_raise(member.standing, wanted):
        raise _forbidden("You cannot give yourself a higher role, a wider view or another team.")
    if wanted.role is not Role.OWNER:
        _check_not_last(member, other_owners)


def check_removal(who: Principal, member: Member, *, other_owners: int) -> None:
    """Return if the principal may remove the member (anyone may leave); raises `BusinessError`."""
    if who.user != member.user:
        _check_reach(who, member)
    _check_not_last(member, other_owners)


def check_room(members: int, limit: int | None) -> None:
    """Return if one more member fits in; raises `BusinessError`."""
    if limit is not None and members >= limit:
        detail = f"This workspace has as many members as it may have ({limit})."
        raise BusinessError(detail, code=Code.BIZ_WORKSPACE_LIMIT_REACHED)


def check_ticket(ticket: Ticket, now: datetime) -> None:
    """Return if the invitation still counts; raises `BusinessError`."""
    if ticket.accepted:
        detail = "This invitation has been used. Sign in to get to the workspace."
        raise BusinessError(detail, code=Code.BIZ_INVITATION_USED)
    if ticket.expires_at <= now:
        detail = "This invitation has expired. Ask whoever invited you to send it again."
        raise BusinessError(detail, code=Code.BIZ_INVITATION_EXPIRED)


def _check_reach(who: Principal, member: Member) -> None:
    if member.standing.role is Role.OWNER and who.role is not Role.OWNER:
        raise _forbidden("Only an owner can change or remove an owner.")


def _is_raise(held: Standing, wanted: Standing) -> bool:
    higher = _RANK[wanted.role] > _RANK[held.role]
    wider = _WIDTH[wanted.visibility] > _WIDTH[held.visibility]
    return higher or wider or wanted.team != held.team


def _check_not_last(member: Member, other_owners: int) -> None:
    if member.standing.role is Role.OWNER and other_owners == 0:
        detail = "A workspace needs an owner: make someone else an owner first."
        raise BusinessError(detail, code=Code.BIZ_LAST_OWNER)


def _forbidden(detail: str) -> BusinessError:
    return BusinessError(detail, code=Code.AUTH_FORBIDDEN)
