"""The rules between people, without a database: every pair of roles, told apart by plain conditions."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal, Role, Visibility
from hastecrm.features.workspaces.domain import (
    Member,
    Standing,
    Ticket,
    check_change,
    check_grant,
    check_removal,
    check_room,
    check_ticket,
)

NOW = datetime(2030, 1, 2, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)
ORDER = ["viewer", "member", "admin", "owner"]
RUNNING = (Role.ADMIN, Role.OWNER)  # the policy lets nobody else come this far


def principal(role: Role) -> Principal:
    return Principal(UUID(int=9), role, ME, UUID(int=8), None)


def member(user: UUID, role: Role, visibility: Visibility = Visibility.ALL) -> Member:
    return Member(user, "X", "x@example.com", Standing(role, visibility), NOW)


def code_of(check: object, *arguments: object, **more: object) -> Code | None:
    assert callable(check)
    try:
        check(*arguments, **more)
    except BusinessError as exc:
        return exc.code
    return None


@pytest.mark.parametrize("others", [0, 1], ids=["last owner", "another owner"])
def test_who_may_make_whom_what(others: int) -> None:
    for actor, user, held, wanted in product(RUNNING, (ME, OTHER), Role, Role):
        if user == ME and held is not actor:
            continue
        found = code_of(
            check_change,
            principal(actor),
            member(user, held),
            Standing(wanted, Visibility.ALL),
            other_owners=others,
        )

        above = actor is Role.ADMIN and Role.OWNER in (held, wanted)
        raises = actor is Role.ADMIN and user == ME and ORDER.index(wanted) > ORDER.index(held)
        last = held is Role.OWNER and wanted is not Role.OWNER and others == 0
        expected = Code.AUTH_FORBIDDEN if above or raises else Code.BIZ_LAST_OWNER if last else None
        assert found is expected, (actor, user, held, wanted)


def test_who_may_remove_whom() -> None:
    for actor, held, others in product(RUNNING, Role, (0, 1)):
        found = code_of(check_removal, principal(actor), member(OTHER, held), other_owners=others)

        above = actor is Role.ADMIN and held is Role.OWNER
        last = held is Role.OWNER and others == 0
        assert found is (Code.AUTH_FORBIDDEN if above else Code.BIZ_LAST_OWNER if last else None)


@pytest.mark.parametrize("role", list(Role))
def test_everyone_may_leave_but_the_last_owner(role: Role) -> None:
    leaving = principal(role), member(ME, role)

    assert code_of(check_removal, *leaving, other_owners=1) is None
    expected = Code.BIZ_LAST_OWNER if role is Role.OWNER else None
    assert code_of(check_removal, *leaving, other_owners=0) is expected


def test_an_admin_narrows_their_own_view_and_cannot_widen_it_again() -> None:
    me = member(ME, Role.ADMIN, Visibility.TEAM)
    narrow, wide = Standing(Role.ADMIN, Visibility.OWN), Standing(Role.ADMIN, Visibility.ALL)
    moved = Standing(Role.ADMIN, Visibility.TEAM, UUID(int=7))

    found = [
        code_of(check_change, principal(Role.ADMIN), me, each, other_owners=1)
        for each in (narrow, wide, moved)
    ]
    assert found == [None, Code.AUTH_FORBIDDEN, Code.AUTH_FORBIDDEN]


def test_only_owners_make_owners() -> None:
    for actor, role in product(RUNNING, Role):
        expected = Code.AUTH_FORBIDDEN if (actor, role) == (Role.ADMIN, Role.OWNER) else None
        assert code_of(check_grant, principal(actor), role) is expected


def test_a_workspace_without_a_limit_is_never_full() -> None:
    found = [
        code_of(check_room, members, limit) for members, limit in ((10**6, None), (4, 5), (5, 5), (6, 5))
    ]

    assert found == [None, None, Code.BIZ_WORKSPACE_LIMIT_REACHED, Code.BIZ_WORKSPACE_LIMIT_REACHED]


@pytest.mark.parametrize(
    ("left", "accepted", "code"),
    [
        (1, False, None),
        (0, False, Code.BIZ_INVITATION_EXPIRED),
        (-1, False, Code.BIZ_INVITATION_EXPIRED),
        (-1, True, Code.BIZ_INVITATION_USED),
        (1, True, Code.BIZ_INVITATION_USED),
    ],
)
def test_an_invitation_counts_until_it_is_used_or_ends(left: int, accepted: bool, code: Code | None) -> None:
    end, standing = NOW + timedelta(seconds=left), Standing(Role.MEMBER, Visibility.ALL)
    ticket = Ticket(ME, OTHER, "Acme", None, "x@example.com", standing, end, accepted, has_account=False)

    assert code_of(check_ticket, ticket, NOW) is code
