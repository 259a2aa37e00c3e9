"""Codes of workspaces and of the people in them."""

from datetime import timedelta
from unittest import mock
from uuid import UUID, uuid4

from tests.integration.application import Answer
from tests.integration.people import join, person, team, workspace
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.authentication import Authenticator
from hastecrm.core.clock import utc_now
from hastecrm.core.codes import Code
from hastecrm.core.identity import Principal, Role
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.workspaces.domain import token_digest

LOOK = "/api/v1/invitations/look"


async def look(stage: Stage, **columns: object) -> Answer:
    """Look at an invitation that ends in an hour, or as the columns say."""
    names = {"expires_at": utc_now() + timedelta(hours=1), "accepted_at": None, **columns}
    await stage.sql.execute(
        "INSERT INTO invitations "
        "(id, workspace_id, email, role, visibility, token_hash, expires_at, accepted_at) "
        "VALUES ($1, $2, 'new@example.com', 'member', 'all', $3, $4, $5)",
        uuid4(),
        DEFAULT_WORKSPACE,
        token_digest("the token"),
        *names.values(),
    )
    return await stage.api.call("POST", LOOK, json={"token": "the token"})


@triggers(Code.BIZ_WORKSPACE_NOT_FOUND)
async def _(stage: Stage) -> Answer:
    someone = await person(stage.sql, "Ann")
    other = await workspace(stage.sql, "Elsewhere")
    principal = Principal(DEFAULT_WORKSPACE, Role.OWNER, someone.id, someone.session, None)
    with mock.patch.object(Authenticator, "principal", return_value=principal):
        body = {"workspace": str(other)}
        return await stage.api.call("POST", "/api/v1/workspace/switch", json=body)


@triggers(Code.BIZ_WORKSPACE_PROTECTED)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("DELETE", "/api/v1/workspace?name=Default")


@triggers(Code.BIZ_WORKSPACE_LIMIT_REACHED)
async def _(stage: Stage) -> Answer:
    full = await workspace(stage.sql, "Full", member_limit=1)
    someone = await person(stage.sql, "Ann", Role.OWNER, workspace=full)
    principal = Principal(full, Role.OWNER, someone.id, someone.session, None)
    with mock.patch.object(Authenticator, "principal", return_value=principal):
        body = {"email": "ben@example.com"}
        return await stage.api.call("POST", "/api/v1/workspace/invitations", json=body)


@triggers(Code.BIZ_LAST_OWNER)
async def _(stage: Stage) -> Answer:
    someone = await person(stage.sql, "Ann", Role.OWNER)
    return await stage.api.call("DELETE", f"/api/v1/workspace/members/{someone.id}")


@triggers(Code.BIZ_TEAM_NOT_EMPTY)
async def _(stage: Stage) -> Answer:
    north: UUID = await team(stage.sql, "North")
    someone = await person(stage.sql, "Ann", None)
    await join(stage.sql, someone, Role.MEMBER, team=north)
    return await stage.api.call("DELETE", f"/api/v1/workspace/teams/{north}")


@triggers(Code.BIZ_INVITATION_UNKNOWN)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", LOOK, json={"token": "never given out"})


@triggers(Code.BIZ_INVITATION_USED)
async def _(stage: Stage) -> Answer:
    return await look(stage, accepted_at=utc_now())


@triggers(Code.BIZ_INVITATION_EXPIRED)
async def _(stage: Stage) -> Answer:
    return await look(stage, expires_at=utc_now() - timedelta(seconds=1))
