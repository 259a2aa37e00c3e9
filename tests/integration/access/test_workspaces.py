"""Workspaces: making, switching, naming and ending them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.people import join, person, workspace

from hastecrm.core.identity import Role
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.workspaces.service.purge import PurgeWorkspaces
from hastecrm.main.kinds import BELONGINGS

MINE, CURRENT, SWITCH = "/api/v1/workspaces", "/api/v1/workspace", "/api/v1/workspace/switch"


async def test_whoever_makes_a_workspace_owns_it_and_works_there_after_switching(
    api: Running, sql: Any
) -> None:
    ann = await person(sql, "Ann", Role.VIEWER)

    made = await ann.call(api, "POST", MINE, json={"name": "Acme"})
    switched = await ann.call(api, "POST", SWITCH, json={"workspace": made.json["id"]})
    shown = await ann.call(api, "GET", CURRENT)
    added = await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada"})

    assert (made.status, made.json["role"], switched.status) == (201, "owner", 200)
    assert (shown.json["name"], shown.json["members"]) == ("Acme", 1)
    assert added.status == 201
    assert await sql.fetchval("SELECT workspace_id FROM contacts") == UUID(made.json["id"])


async def test_ones_own_workspaces_are_listed_with_ones_role_page_by_page(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", Role.VIEWER), await person(sql, "Ben")
    for number in range(3):
        joined = await workspace(sql, f"Number {number}")
        await join(sql, ann, Role.ADMIN, workspace=joined)
        await join(sql, ben, Role.OWNER, workspace=await workspace(sql, "Not hers"))

    first = (await ann.call(api, "GET", f"{MINE}?limit=3")).json
    second = (await ann.call(api, "GET", f"{MINE}?limit=3&cursor={first['next']}")).json

    seen = [(each["name"], each["role"]) for each in (*first["items"], *second["items"])]
    assert seen == [
        ("Number 2", "admin"),
        ("Number 1", "admin"),
        ("Number 0", "admin"),
        ("Default", "viewer"),
    ]
    assert second["next"] is None


async def test_a_workspace_that_is_not_ones_own_looks_like_one_that_does_not_exist(
    api: Running, sql: Any
) -> None:
    ann = await person(sql, "Ann")
    for nowhere in (await workspace(sql, "Not hers"), uuid4()):
        answer = await ann.call(api, "POST", SWITCH, json={"workspace": str(nowhere)})
        assert (answer.status, answer.json["code"]) == (404, "BIZ_WORKSPACE_NOT_FOUND")

    assert (await ann.call(api, "GET", CURRENT)).json["name"] == "Default"


async def test_the_installation_has_no_workspaces_of_its_own(api: Running) -> None:
    assert (await api.call("GET", MINE)).json == {"items": [], "next": None}
    for path, body in ((MINE, {"name": "X"}), (SWITCH, {"workspace": str(DEFAULT_WORKSPACE)})):
        answer = await api.call("POST", path, json=body)
        assert (answer.status, answer.json["code"]) == (403, "AUTH_FORBIDDEN")


async def test_a_new_name_is_stored_once_and_written_to_the_audit_log(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.ADMIN, workspace=(acme := await workspace(sql, "Acme")))

    renamed = await ann.call(api, "PATCH", CURRENT, json={"name": "Acme Ltd"})
    again = await ann.call(api, "PATCH", CURRENT, json={"name": "Acme Ltd"})

    assert renamed.json["name"] == again.json["name"] == "Acme Ltd"
    rows = await sql.fetch("SELECT actor_id, changes::text FROM audit_log WHERE workspace_id = $1", acme)
    assert [tuple(row) for row in rows] == [(ann.id, '{"name": {"new": "Acme Ltd", "old": "Acme"}}')]


async def test_a_deleted_workspace_is_gone_for_everyone_at_once(api: Running, sql: Any) -> None:
    acme = await workspace(sql, "Acme")
    ann = await person(sql, "Ann", Role.OWNER, workspace=acme)
    ben = await person(sql, "Ben", Role.MEMBER, workspace=acme)
    assert (await ben.call(api, "GET", CONTACTS)).status == 200

    refused = [
        await ann.call(api, "DELETE", CURRENT),
        await ann.call(api, "DELETE", f"{CURRENT}?name=acme"),
        await ben.call(api, "DELETE", f"{CURRENT}?name=Acme"),
    ]
    deleted = await ann.call(api, "DELETE", f"{CURRENT}?name=Acme")

    assert [answer.status for answer in refused] == [422, 422, 403]
    assert refused[0].json["errors"][0]["parameter"] == "name"
    assert deleted.status == 204
    for someone in (ann, ben):
        answer = await someone.call(api, "GET", CONTACTS)
        assert (answer.status, answer.json["code"]) == (403, "AUTH_NOT_IN_WORKSPACE")
        assert (await someone.call(api, "GET", MINE)).json["items"] == []
        back = await someone.call(api, "POST", SWITCH, json={"workspace": str(acme)})
        assert back.status == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", None])
async def test_a_workspace_needs_a_name_of_one_line(api: Running, sql: Any, name: object) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    for method, path in (("POST", MINE), ("PATCH", CURRENT)):
        answer = await ann.call(api, method, path, json={"name": name})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/name")


async def test_a_tab_works_in_the_workspace_that_it_names_whatever_the_session_does(
    api: Running, sql: Any
) -> None:
    acme = await workspace(sql, "Acme")
    ann = await person(sql, "Ann", Role.VIEWER)
    await join(sql, ann, Role.OWNER, workspace=acme)
    tab = {"X-Workspace": str(acme)}

    for _ in range(2):
        assert (await ann.call(api, "GET", CURRENT, headers=tab)).json["name"] == "Acme"
        assert (await ann.call(api, "GET", CURRENT)).json["name"] == "Default"
    added = await ann.call(api, "POST", CONTACTS, headers=tab, json={"first_name": "Ada"})
    refused = await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada"})

    assert (added.status, refused.status) == (201, 403)
    assert await sql.fetchval("SELECT workspace_id FROM contacts") == acme


async def test_a_named_workspace_must_be_ones_own(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    foreign = await workspace(sql, "Foreign")
    for named in (foreign, uuid4()):
        for asked in (
            await ann.call(api, "GET", CONTACTS, headers={"X-Workspace": str(named)}),
            await api.call("GET", CONTACTS, headers={"X-Workspace": str(named)}),
        ):
            assert (asked.status, asked.json["code"]) == (403, "AUTH_NOT_IN_WORKSPACE")
    unreadable = await ann.call(api, "GET", CONTACTS, headers={"X-Workspace": "Acme"})

    assert (unreadable.status, unreadable.json["code"]) == (400, "HTTP_BAD_REQUEST")
    assert await sql.fetchval("SELECT count(*) FROM audit_log WHERE workspace_id = $1", foreign) == 0


async def test_a_deleted_workspace_is_purged_with_all_that_was_in_it(sql: Any) -> None:
    now = datetime(2030, 6, 1, tzinfo=UTC)
    for name, days in (("Living", None), ("Fresh", 29), ("Old", 31)):
        made = await workspace(sql, name)
        ended = None if days is None else now - timedelta(days=days)
        await sql.execute("UPDATE workspaces SET deleted_at = $2 WHERE id = $1", made, ended)
        someone = await person(sql, name, workspace=made)
        add = "INSERT INTO contacts (id, workspace_id, first_name, owner_id) VALUES ($1, $2, 'Ada', $3)"
        await sql.execute(add, uuid4(), made, someone.id)
    purge = PurgeWorkspaces(lambda: now, timedelta(days=30), BELONGINGS)

    assert [await purge(sql), await purge(sql)] == [1, 0]
    names = {row[0] for row in await sql.fetch("SELECT name FROM workspaces")}
    assert names == {"Default", "Living", "Fresh"}
    assert await sql.fetchval("SELECT count(*) FROM contacts") == 2
