"""Workspaces and their people as JSON: what comes in is checked here once, what goes out is shaped here."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, PATCH, SHOWN, EmailAddress, Line
from hastecrm.core.identity import Role, Visibility
from hastecrm.features.workspaces.domain import (
    Belonging,
    Invitation,
    Member,
    Standing,
    Team,
    Ticket,
    Workspace,
)

WorkspaceName = Annotated[Line, Field(min_length=1, max_length=200)]
TeamName = Annotated[Line, Field(min_length=1, max_length=100)]
Token = Annotated[Line, Field(min_length=1, max_length=200)]


class NewWorkspace(BaseModel):
    """The body of a POST of workspaces."""

    model_config = BODY

    name: WorkspaceName


class WorkspacePatch(BaseModel):
    """What can be changed about a workspace."""

    model_config = PATCH

    name: WorkspaceName = ""


class Switch(BaseModel):
    """The workspace to work in."""

    model_config = BODY

    workspace: UUID


class MemberPatch(BaseModel):
    """What can be changed about a member: absent fields stay, a team of null means none."""

    model_config = PATCH

    # The defaults only stand for "absent": `values` returns what was sent and nothing else.
    role: Role = Role.VIEWER
    visibility: Visibility = Visibility.OWN
    team: UUID | None = None

    def values(self) -> dict[str, Any]:
        """Return only the fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class NewTeam(BaseModel):
    """The body of a POST of teams."""

    model_config = BODY

    name: TeamName


class TeamPatch(BaseModel):
    """What can be changed about a team."""

    model_config = PATCH

    name: TeamName = ""


class NewInvitation(BaseModel):
    """Whom to invite, and as what."""

    model_config = BODY

    email: EmailAddress
    role: Role = Role.MEMBER
    visibility: Visibility = Visibility.ALL
    team: UUID | None = None

    def standing(self) -> Standing:
        """Return what the invited person will be."""
        return Standing(self.role, self.visibility, self.team)


class InvitationToken(BaseModel):
    """The token of an invitation's link."""

    model_config = BODY

    token: Token


class ShownWorkspace(BaseModel):
    """A workspace as `workspace_json` shows it."""

    model_config = SHOWN

    id: UUID
    name: str
    members: int = Field(ge=0)
    member_limit: int | None
    created_at: datetime
    updated_at: datetime


class ShownBelonging(BaseModel):
    """A workspace that one belongs to, and as what."""

    model_config = SHOWN

    id: UUID
    name: str
    role: Role
    joined_at: datetime


class ShownBelongings(BaseModel):
    """Some of the workspaces that one belongs to, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownBelonging]
    next: str | None


class ShownMember(BaseModel):
    """A member as `member_json` shows them."""

    model_config = SHOWN

    user: UUID
    name: str
    email: str
    role: Role
    visibility: Visibility
    team: UUID | None
    joined_at: datetime


class ShownMembers(BaseModel):
    """Some members, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownMember]
    next: str | None


class ShownTeam(BaseModel):
    """A team as `team_json` shows it."""

    model_config = SHOWN

    id: UUID
    name: str
    members: int = Field(ge=0)
    created_at: datetime


class ShownTeams(BaseModel):
    """Some teams, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownTeam]
    next: str | None


class ShownInvitation(BaseModel):
    """An invitation as `invitation_json` shows it; `link` only where the installation sends no mail."""

    model_config = SHOWN

    id: UUID
    email: str
    role: Role
    visibility: Visibility
    team: UUID | None
    invited_by: UUID | None
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    link: str | None


class ShownInvitations(BaseModel):
    """Some open invitations, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownInvitation]
    next: str | None


class ShownTicket(BaseModel):
    """What an invitation's token is good for; `has_account` says whether to sign in or to sign up."""

    model_config = SHOWN

    workspace: str
    email: str
    role: Role
    expires_at: datetime
    has_account: bool


def workspace_json(workspace: Workspace) -> dict[str, Any]:
    """Return the workspace as it is shown to its members."""
    return {
        "id": str(workspace.id),
        "name": workspace.name,
        "members": workspace.members,
        "member_limit": workspace.member_limit,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
    }


def belonging_json(belonging: Belonging) -> dict[str, Any]:
    """Return the workspace as it is shown in the list of one's own."""
    return {
        "id": str(belonging.id),
        "name": belonging.name,
        "role": belonging.role,
        "joined_at": belonging.joined_at,
    }


def member_json(member: Member) -> dict[str, Any]:
    """Return the member as they are shown to other members."""
    return {
        "user": str(member.user),
        "name": member.name,
        "email": member.email,
        **_standing_json(member.standing),
        "joined_at": member.joined_at,
    }


def team_json(team: Team) -> dict[str, Any]:
    """Return the team as it is shown to members."""
    return {"id": str(team.id), "name": team.name, "members": team.members, "created_at": team.created_at}


def invitation_json(invitation: Invitation, link: str | None = None) -> dict[str, Any]:
    """Return the invitation as it is shown to those who may invite."""
    return {
        "id": str(invitation.id),
        "email": invitation.email,
        **_standing_json(invitation.standing),
        "invited_by": str(invitation.invited_by) if invitation.invited_by else None,
        "created_at": invitation.created_at,
        "sent_at": invitation.sent_at,
        "expires_at": invitation.expires_at,
        "link": link,
    }


def ticket_json(ticket: Ticket) -> dict[str, Any]:
    """Return the invitation as it is shown to whoever holds its token."""
    return {
        "workspace": ticket.workspace_name,
        "email": ticket.email,
        "role": ticket.standing.role,
        "expires_at": ticket.expires_at,
        "has_account": ticket.has_account,
    }


def _standing_json(standing: Standing) -> dict[str, Any]:
    team = str(standing.team) if standing.team else None
    return {"role": standing.role, "visibility": standing.visibility, "team": team}
