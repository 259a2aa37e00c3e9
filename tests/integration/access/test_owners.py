"""Owners of contacts: who may give what to whom, and what shows of what one does not see."""

from typing import Any

import pytest
from tests.integration.application import CONTACTS, Answer, Running, settings_for
from tests.integration.people import Person, person, team, workspace
from tests.integration.servers import Postgres

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.identity import Role, Visibility
from hastecrm.core.records.filters.condition import Asked
from hastecrm.core.records.listing import Asker, Listing, page_statement
from hastecrm.core.scope import Scope
from hastecrm.features.contacts.domain import CONTACT, DEFAULT_WORKSPACE


async def add(api: Running, someone: Person, **values: Any) -> Answer:
    return await someone.call(api, "POST", CONTACTS, json={"first_name": "Ada", **values})


async def test_a_contact_belongs_to_whoever_adds_it_unless_another_owner_is_named(
    api: Running, sql: Any
) -> None:
    ann, ben = await person(sql, "Ann"), await person(sql, "Ben")

    owners = [
        (await add(api, ann)).json["owner_id"],
        (await add(api, ann, owner_id=str(ben.id))).json["owner_id"],
        (await add(api, ann, owner_id=None)).json["owner_id"],
        (await api.call("POST", CONTACTS, json={"first_name": "Free"})).json["owner_id"],
    ]
    assert owners == [str(ann.id), str(ben.id), None, None]


async def test_an_owner_must_be_a_member(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann")
    stranger = await person(sql, "Eve", workspace=await workspace(sql, "Elsewhere"))
    path = f"{CONTACTS}/{(await add(api, ann)).json['id']}"

    for answer in (
        await add(api, ann, owner_id=str(stranger.id)),
        await ann.call(api, "PATCH", path, json={"owner_id": str(stranger.id)}),
    ):
        assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
        problem = {"pointer": "/owner_id", "detail": "is not a member of this workspace"}
        assert answer.json["errors"] == [problem]
    assert await sql.fetchval("SELECT count(*) FROM contacts WHERE owner_id = $1", ann.id) == 1


async def test_nobody_puts_a_contact_out_of_their_own_sight(api: Running, sql: Any) -> None:
    north = await team(sql, "North")
    ann = await person(sql, "Ann", Role.MEMBER, Visibility.TEAM, team=north)
    mate, other = await person(sql, "Mate", team=north), await person(sql, "Other")
    path = f"{CONTACTS}/{(await add(api, ann)).json['id']}"

    for owner in (str(other.id), None):
        for answer in (
            await add(api, ann, owner_id=owner),
            await ann.call(api, "PATCH", path, json={"owner_id": owner}),
        ):
            assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/owner_id")
            assert "lose sight" in answer.json["errors"][0]["detail"]
    given = await ann.call(api, "PATCH", path, json={"owner_id": str(mate.id)})
    assert (given.status, given.json["owner_id"]) == (200, str(mate.id))


async def test_the_list_shows_the_contacts_of_one_owner_or_of_nobody(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann"), await person(sql, "Ben")
    for number in range(3):
        await add(api, ann, last_name=f"A{number}")
        await add(api, ben, last_name=f"B{number}")
    await add(api, ann, last_name="Free", owner_id=None)

    first = (await ann.call(api, "GET", f"{CONTACTS}?owner={ben.id}&limit=2")).json
    second = (await ann.call(api, "GET", f"{CONTACTS}?owner={ben.id}&limit=2&cursor={first['next']}")).json
    free = (await ann.call(api, "GET", f"{CONTACTS}?owner=none")).json

    shown = [each["last_name"] for each in (*first["items"], *second["items"])]
    assert (shown, second["next"]) == (["B2", "B1", "B0"], None)
    assert [each["last_name"] for each in free["items"]] == ["Free"]
    wrong = await ann.call(api, "GET", f"{CONTACTS}?owner=me")
    assert (wrong.status, wrong.json["errors"][0]["parameter"]) == (422, "owner")


async def test_the_filter_shows_nothing_of_those_whom_one_does_not_see(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", visibility=Visibility.OWN), await person(sql, "Ben")
    await add(api, ben)

    assert (await ann.call(api, "GET", f"{CONTACTS}?owner={ben.id}")).json["items"] == []
    assert (await ann.call(api, "GET", f"{CONTACTS}/count")).json["count"] == 0


async def test_a_team_sees_its_contacts_in_one_order_page_by_page(api: Running, sql: Any) -> None:
    north = await team(sql, "North")
    ann = await person(sql, "Ann", Role.VIEWER, Visibility.TEAM, team=north)
    mates = [await person(sql, f"M{number}", team=north) for number in range(3)]
    for number in range(9):
        await add(api, mates[number % 3], last_name=f"{number}")
    await add(api, await person(sql, "Eve"), last_name="hidden")

    seen: list[str] = []
    path = f"{CONTACTS}?limit=4"
    while True:
        page = (await ann.call(api, "GET", path)).json
        seen += [contact["last_name"] for contact in page["items"]]
        if page["next"] is None:
            break
        path = f"{CONTACTS}?limit=4&cursor={page['next']}"

    assert seen == [str(number) for number in range(8, -1, -1)]
    assert (await ann.call(api, "GET", f"{CONTACTS}/count")).json["count"] == 9


@pytest.mark.parametrize("owners", [1, 3], ids=["own", "team"])
async def test_who_sees_little_does_not_walk_past_everyone_elses_contacts(
    postgres: Postgres, sql: Any, owners: int
) -> None:
    people = [await person(sql, f"P{number}") for number in range(owners)]
    await sql.execute(
        "INSERT INTO contacts (id, workspace_id, first_name) SELECT gen_random_uuid(), $1, 'Many' "
        "FROM generate_series(1, 5000)",
        DEFAULT_WORKSPACE,
    )
    await sql.execute("ANALYZE contacts")
    scope = Scope(DEFAULT_WORKSPACE, [each.id for each in people], "member")
    database = Database.of(settings_for("api", postgres.environment("shared"))[0], "api")
    await database.open()
    asker = Asker(scope, Asked(None, utc_now()))
    statement, values = page_statement(CONTACT, asker, Listing.of(CONTACT, {}))  # type: ignore[misc]
    async with database.connection(scope) as connection:
        plan = await connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}", *values)
    await database.close()

    text = "\n".join(row[0] for row in plan)
    assert "contacts_owned" in text
    assert "Rows Removed by Filter" not in text


async def test_a_double_of_what_one_does_not_see_says_no_more_than_any_double(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", visibility=Visibility.OWN), await person(sql, "Ben")
    hidden = (await add(api, ben, email="ada@example.com", last_name="Lovelace")).json
    await add(api, ann, email="mine@example.com")

    unseen = await add(api, ann, email="ADA@example.com")
    seen = await add(api, ann, email="MINE@example.com")

    same = ("status", "code", "title", "detail", "errors")
    assert {name: unseen.json[name] for name in same} == {name: seen.json[name] for name in same}
    assert not any(str(secret) in unseen.text for secret in (hidden["id"], ben.id, "Lovelace"))


async def test_what_does_not_change_is_not_written(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann")
    contact = (await add(api, ann, title="Dr")).json

    answer = await ann.call(api, "PATCH", f"{CONTACTS}/{contact['id']}", json={"title": "Dr"})

    assert answer.json == contact
    assert await sql.fetchval("SELECT count(*) FROM audit_log") == 1
