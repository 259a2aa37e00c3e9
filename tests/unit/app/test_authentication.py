"""What is remembered about sessions, without a database."""

from dataclasses import replace
from uuid import UUID

from hastecrm.core.authentication import Claims, Sessions
from hastecrm.core.identity import Principal, Role

NOT_THEIRS = UUID(int=9)
CLAIMS = Claims(UUID(int=1), UUID(int=2))
OWNER, VIEWER = (
    Principal(UUID(int=3), role, CLAIMS.user, CLAIMS.session) for role in (Role.OWNER, Role.VIEWER)
)


async def test_what_was_looked_up_during_a_change_is_not_remembered() -> None:
    found = [OWNER, VIEWER]

    async def lookup(_claims: Claims) -> Principal:
        principal = found.pop(0)
        if principal is OWNER:
            sessions.forget_all()  # the role changes while the old one is on its way here
        return principal

    sessions = Sessions(lookup, seconds=60)

    assert await sessions.principal(CLAIMS) is OWNER
    assert await sessions.principal(CLAIMS) is VIEWER
    assert await sessions.principal(CLAIMS) is VIEWER
    assert found == []


async def test_each_workspace_of_a_session_is_remembered_by_itself_and_forgotten_with_it() -> None:
    asked: list[Claims] = []

    async def lookup(claims: Claims) -> Principal:
        asked.append(claims)
        return replace(
            OWNER, workspace=claims.workspace, role=None if claims.workspace == NOT_THEIRS else Role.OWNER
        )

    sessions = Sessions(lookup, seconds=60)
    here, elsewhere, nowhere = (replace(CLAIMS, workspace=each) for each in (None, UUID(int=8), NOT_THEIRS))
    for claims in (here, elsewhere, nowhere, here, elsewhere, nowhere):
        assert (await sessions.principal(claims)).workspace == claims.workspace
    sessions.forget(CLAIMS.session)
    await sessions.principal(elsewhere)

    assert asked == [here, elsewhere, nowhere, nowhere, elsewhere]
