"""Who is asking. No I/O here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from aiohttp import web

from hastecrm.core.scope import NOBODY, Scope


class Role(StrEnum):
    """What a member may do in a workspace; the table is in `policy`."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Visibility(StrEnum):
    """Whose records a member sees."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person in a workspace, their API key, or the installation itself (no user and no session).

    `role` is None for a person who is in no workspace (any more). `owners` are the people whose records are
    theirs to see; None stands for everyone's. An API key (`key`) may at
    most what its `scopes` say; None: no limit.
    """

    workspace: UUID | None
    role: Role | None
    user: UUID | None = None
    session: UUID | None = None
    owners: Sequence[UUID] | None = ()
    key: UUID | None = None
    scopes: Collection[str] | None = None

    @property
    def is_installation(self) -> bool:
        """Whether this is the installation's own access token and no person."""
        return self.user is None

    @property
    def scope(self) -> Scope:
        """What the database shows to this principal."""
        return Scope(self.workspace, self.owners, self.role) if self.role is not None else NOBODY


PRINCIPAL: Final = web.RequestKey("principal", Principal)


def visible_owners(visibility: Visibility, user: UUID, team: Sequence[UUID]) -> Sequence[UUID] | None:
    """Return whose records a member sees: None for everyone's; `team` are the members of their team."""
    if visibility is Visibility.ALL:
        return None
    return sorted({user, *team}) if visibility is Visibility.TEAM else (user,)
