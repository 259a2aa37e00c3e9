"""Members and teams: the rules between people, on the real API."""

import asyncio
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.people import Person, person, team, workspace

from hastecrm.core.identity import Role, Visibility

MEMBERS, TEAMS = "/api/v1/workspace/members", "/api/v1/workspace/teams"
OWNER, ADMIN, MEMBER, VIEWER = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER


async def role_of(sql: Any, someone: Person) -> str | None:
    role: str | None = await sql.fetchval("SELECT role FROM memberships WHERE user_id = $1", someone.id)
    return role


async def contact_of(api: Running, someone: Person, name: str) -> str:
    answer = await someone.call(api, "POST", CONTACTS, json={"first_name": name})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


async def names(api: Running, someone: Person) -> set[str]:
    answer = await someone.call(api, "GET", CONTACTS)
    assert answer.status == 200, answer.text
    return {contact["first_name"] for contact in answer.json["items"]}


async def test_members_are_listed_last_joined_first(api: Running, sql: Any) -> None:
    for number in range(5):
        await person(sql, f"P{number}")
    ann = await person(sql, "Ann", VIEWER, Visibility.OWN)
    await person(sql, "Stranger", workspace=await workspace(sql, "Elsewhere"))

    first = (await ann.call(api, "GET", f"{MEMBERS}?limit=4")).json
    second = (await ann.call(api, "GET", f"{MEMBERS}?limit=4&cursor={first['next']}")).json

    assert [each["name"] for each in first["items"]] == ["Ann", "P4", "P3", "P2"]
    assert [each["name"] for each in second["items"]] == ["P1", "P0"]
    assert second["next"] is None
    assert {**first["items"][0], "joined_at": ""} == {
        "user": str(ann.id),
        "name": "Ann",
        "email": "ann@example.com",
        "role": "viewer",
        "visibility": "own",
        "team": None,
        "joined_at": "",
    }


async def test_members_are_found_by_the_beginning_of_name_or_address(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann")
    for name in ("Anton", "Berta", "an%", "Joanna"):
        await person(sql, name)

    async def found(text: str) -> list[str]:
        answer = await ann.call(api, "GET", f"{MEMBERS}?q={text}")
        return [each["name"] for each in answer.json["items"]]

    assert await found("AN") == ["an%", "Anton", "Ann"]
    assert await found("an%25") == ["an%"]
    assert await found("berta@ex") == ["Berta"]
    assert (await ann.call(api, "GET", f"{MEMBERS}?q=")).status == 422


async def test_a_role_changes_at_once_and_in_the_audit_log(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", ADMIN), await person(sql, "Ben", MEMBER)
    await contact_of(api, ben, "Before")

    changed = await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"role": "viewer"})
    refused = await ben.call(api, "POST", CONTACTS, json={"first_name": "After"})

    assert (changed.status, changed.json["role"]) == (200, "viewer")
    assert (refused.status, refused.json["code"]) == (403, "AUTH_FORBIDDEN")
    entry = await sql.fetchrow("SELECT * FROM audit_log WHERE action = 'member.changed'")
    assert (entry["actor_id"], entry["entity_id"]) == (ann.id, ben.id)
    assert entry["changes"] == '{"role": {"new": "viewer", "old": "member"}}'


async def test_visibility_and_team_change_at_once_whose_contacts_are_seen(api: Running, sql: Any) -> None:
    north = await team(sql, "North")
    ann = await person(sql, "Ann", ADMIN)
    ben = await person(sql, "Ben", MEMBER, team=north)
    eve = await person(sql, "Eve", MEMBER, team=north)
    for someone in (ann, ben, eve):
        await contact_of(api, someone, f"of {someone.email}")
    mine, team_mate, boss = (f"of {each.email}" for each in (ben, eve, ann))

    assert await names(api, ben) == {mine, team_mate, boss}
    await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"visibility": "team"})
    assert await names(api, ben) == {mine, team_mate}
    await ann.call(api, "PATCH", f"{MEMBERS}/{eve.id}", json={"team": None})
    assert await names(api, ben) == {mine}
    await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"visibility": "own", "team": None})
    assert await names(api, ben) == {mine}


@pytest.mark.parametrize(
    ("actor", "target", "body", "allowed"),
    [
        (OWNER, ADMIN, {"role": "owner"}, True),
        (OWNER, OWNER, {"role": "viewer"}, True),
        (ADMIN, MEMBER, {"role": "admin"}, True),
        (ADMIN, MEMBER, {"role": "owner"}, False),
        (ADMIN, OWNER, {"role": "member"}, False),
        (ADMIN, OWNER, {"visibility": "own"}, False),
        (ADMIN, None, {"role": "member"}, True),
        (ADMIN, None, {"role": "owner"}, False),
        (ADMIN, None, {"visibility": "own"}, True),
    ],
)
async def test_nobody_reaches_above_their_own_role(
    api: Running, sql: Any, actor: Role, target: Role | None, body: dict[str, str], *, allowed: bool
) -> None:
    await person(sql, "Chief", OWNER)
    ann = await person(sql, "Ann", actor)
    ben = await person(sql, "Ben", target) if target is not None else ann

    answer = await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json=body)

    assert answer.status == (200 if allowed else 403), answer.text
    assert (await role_of(sql, ben) == body.get("role", target or actor)) is allowed or "role" not in body


async def test_an_admin_cannot_widen_their_own_view(api: Running, sql: Any) -> None:
    north = await team(sql, "North")
    ann = await person(sql, "Ann", ADMIN, Visibility.OWN)
    for body in ({"visibility": "all"}, {"team": str(north)}):
        answer = await ann.call(api, "PATCH", f"{MEMBERS}/{ann.id}", json=body)
        assert (answer.status, answer.json["code"]) == (403, "AUTH_FORBIDDEN")


async def test_the_last_owner_stays(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", OWNER)
    answers = [
        await ann.call(api, "PATCH", f"{MEMBERS}/{ann.id}", json={"role": "admin"}),
        await ann.call(api, "DELETE", f"{MEMBERS}/{ann.id}"),
        await ann.call(api, "DELETE", f"{MEMBERS}/me"),
    ]

    assert {(answer.status, answer.json["code"]) for answer in answers} == {(409, "BIZ_LAST_OWNER")}
    assert await role_of(sql, ann) == "owner"


async def test_an_owner_whose_account_is_disabled_does_not_count(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", OWNER), await person(sql, "Ben", OWNER)
    await sql.execute("UPDATE users SET disabled_at = now() WHERE id = $1", ben.id)

    assert (await ann.call(api, "DELETE", f"{MEMBERS}/me")).status == 409


async def test_of_two_owners_who_leave_at_once_one_stays(api: Running, sql: Any) -> None:
    owners = [await person(sql, name, OWNER) for name in ("Ann", "Ben")]

    answers = await asyncio.gather(*(each.call(api, "DELETE", f"{MEMBERS}/me") for each in owners))

    assert sorted(answer.status for answer in answers) == [204, 409]
    assert await sql.fetchval("SELECT count(*) FROM memberships WHERE role = 'owner'") == 1


async def test_a_viewer_may_leave_and_is_out_at_once(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", VIEWER)

    left = await ann.call(api, "DELETE", f"{MEMBERS}/me")
    after = await ann.call(api, "GET", CONTACTS)

    assert (left.status, after.status, after.json["code"]) == (204, 403, "AUTH_NOT_IN_WORKSPACE")
    assert await sql.fetchval("SELECT action FROM audit_log WHERE entity = 'member'") == "member.left"


async def test_records_of_a_removed_member_go_to_the_heir(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", ADMIN, Visibility.OWN)  # sees none of them, yet hands them over
    ben, eve = await person(sql, "Ben"), await person(sql, "Eve", MEMBER, Visibility.OWN)
    await contact_of(api, ben, "One")
    gone = await contact_of(api, ben, "Two")
    await ben.call(api, "DELETE", f"{CONTACTS}/{gone}")

    removed = await ann.call(api, "DELETE", f"{MEMBERS}/{ben.id}?reassign_to={eve.id}")

    assert removed.status == 204
    assert (await ben.call(api, "GET", CONTACTS)).json["code"] == "AUTH_NOT_IN_WORKSPACE"
    assert await names(api, eve) == {"One"}
    assert {row[0] for row in await sql.fetch("SELECT owner_id FROM contacts")} == {eve.id}
    changes = await sql.fetchval("SELECT changes FROM audit_log WHERE action = 'member.removed'")
    assert changes == f'{{"records": 2, "reassigned_to": "{eve.id}"}}'


async def test_records_of_a_removed_member_belong_to_nobody_without_an_heir(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", ADMIN), await person(sql, "Ben")
    await contact_of(api, ben, "One")

    assert (await ann.call(api, "DELETE", f"{MEMBERS}/{ben.id}")).status == 204
    assert await names(api, ann) == {"One"}
    assert await sql.fetchval("SELECT owner_id FROM contacts") is None


async def test_an_heir_must_be_another_member(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", ADMIN), await person(sql, "Ben")
    stranger = await person(sql, "Eve", workspace=await workspace(sql, "Elsewhere"))
    for heir in (ben.id, stranger.id, "nobody"):
        answer = await ann.call(api, "DELETE", f"{MEMBERS}/{ben.id}?reassign_to={heir}")
        assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, "reassign_to")
    assert await role_of(sql, ben) == "member"


async def test_people_of_other_workspaces_cannot_be_touched(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", OWNER)
    stranger = await person(sql, "Eve", workspace=await workspace(sql, "Elsewhere"))
    for answer in (
        await ann.call(api, "PATCH", f"{MEMBERS}/{stranger.id}", json={"role": "viewer"}),
        await ann.call(api, "DELETE", f"{MEMBERS}/{stranger.id}"),
    ):
        assert (answer.status, answer.json["code"]) == (404, "BIZ_NOT_FOUND")
    assert await role_of(sql, stranger) == "member"


async def test_teams_are_made_named_listed_and_removed(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", ADMIN), await person(sql, "Ben")
    north = (await ann.call(api, "POST", TEAMS, json={"name": "North"})).json
    await ann.call(api, "POST", TEAMS, json={"name": "South"})

    double = await ann.call(api, "POST", TEAMS, json={"name": "NORTH"})
    renamed = await ann.call(api, "PATCH", f"{TEAMS}/{north['id']}", json={"name": "Nord"})
    joined = await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"team": north["id"]})
    listed = (await ben.call(api, "GET", TEAMS)).json["items"]
    full = await ann.call(api, "DELETE", f"{TEAMS}/{north['id']}")
    await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"team": None})
    removed = await ann.call(api, "DELETE", f"{TEAMS}/{north['id']}")

    assert (double.status, double.json["errors"][0]["pointer"]) == (409, "/name")
    assert (renamed.json["name"], joined.json["team"]) == ("Nord", north["id"])
    assert [(each["name"], each["members"]) for each in listed] == [("South", 0), ("Nord", 1)]
    assert (full.status, full.json["code"]) == (409, "BIZ_TEAM_NOT_EMPTY")
    assert removed.status == 204
    actions = await sql.fetch("SELECT action FROM audit_log WHERE entity = 'team' ORDER BY at, id")
    assert [row[0] for row in actions] == ["team.created", "team.created", "team.changed", "team.deleted"]


async def test_a_team_of_another_workspace_is_none(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", OWNER), await person(sql, "Ben")
    foreign = await team(sql, "Foreign", await workspace(sql, "Elsewhere"))
    joined = await ann.call(api, "PATCH", f"{MEMBERS}/{ben.id}", json={"team": str(foreign)})
    invited = await ann.call(
        api,
        "POST",
        "/api/v1/workspace/invitations",
        json={"email": "new@example.com", "team": str(foreign)},
    )

    for answer in (joined, invited):
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/team")
    assert (await ann.call(api, "PATCH", f"{TEAMS}/{foreign}", json={"name": "Mine"})).status == 404
    assert (await ann.call(api, "DELETE", f"{TEAMS}/{foreign}")).status == 404
