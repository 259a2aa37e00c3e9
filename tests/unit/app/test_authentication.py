"""What is remembered about sessions, without a database."""

from uuid import UUID

from hastecrm.core.authentication import Claims, Sessions
from hastecrm.core.identity import Principal, Role

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
