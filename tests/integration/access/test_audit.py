"""The audit log: what gets into it, who reads it, and how it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.people import person, workspace

from hastecrm.core.denials import Denials
from hastecrm.core.errors import DatabaseUnavailableError
from hastecrm.core.identity import Principal, Role, Visibility
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.audit.service import PurgeAudit
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

AUDIT = "/api/v1/audit"
NOW = datetime(2030, 6, 1, tzinfo=UTC)


async def test_the_life_of_a_contact_is_written_down_field_by_field(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    made = await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada", "title": "Miss"})
    path = f"{CONTACTS}/{made.json['id']}"
    changed = await ann.call(api, "PATCH", path, json={"title": "Countess", "first_name": "Ada"})
    await ann.call(api, "DELETE", path)

    entries = (await ann.call(api, "GET", f"{AUDIT}?entity_id={made.json['id']}")).json["items"]

    assert [each["action"] for each in entries] == ["contact.deleted", "contact.changed", "contact.created"]
    assert entries[1]["changes"] == {"title": {"old": "Miss", "new": "Countess"}}
    assert entries[1]["actor"] == {"id": str(ann.id), "name": "Ann"}
    assert entries[1]["request_id"] == changed.headers["X-Request-ID"]
    assert entries[1]["address"] == "127.0.0.1"


async def test_what_was_undone_was_not_written_down(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    for _ in range(2):
        await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada", "email": "ada@example.com"})

    assert await sql.fetchval("SELECT count(*) FROM audit_log") == 1


async def test_entries_are_found_by_action_actor_entity_and_time(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", Role.ADMIN), await person(sql, "Ben", Role.MEMBER)
    for someone in (ann, ben, ben):
        await someone.call(api, "POST", CONTACTS, json={"first_name": "Ada"})
    await ann.call(api, "POST", "/api/v1/workspace/teams", json={"name": "North"})
    await sql.execute("UPDATE audit_log SET at = at - interval '1 day' WHERE entity = 'team'")
    yesterday = quote((datetime.now(UTC) - timedelta(hours=1)).isoformat())

    async def found(query: str) -> list[str]:
        answer = await ann.call(api, "GET", f"{AUDIT}?{query}")
        assert answer.status == 200, answer.text
        return [each["action"] for each in answer.json["items"]]

    assert await found(f"actor={ben.id}") == ["contact.created"] * 2
    assert await found("entity=team") == ["team.created"]
    assert await found("action=contact.created&limit=100") == ["contact.created"] * 3
    assert await found(f"since={yesterday}") == ["contact.created"] * 3
    assert await found(f"actor={ann.id}&action=team.created") == ["team.created"]
    assert await found("entity=nothing") == []


async def test_pages_of_the_log_show_every_entry_once(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    await sql.execute(
        "INSERT INTO audit_log (id, at, workspace_id, action, entity) "
        "SELECT gen_random_uuid(), now(), $1, 'a', 'b' FROM generate_series(1, 25)",
        DEFAULT_WORKSPACE,
    )
    seen: list[str] = []
    path = f"{AUDIT}?limit=10&action=a"
    while True:
        page = (await ann.call(api, "GET", path)).json
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        path = f"{AUDIT}?limit=10&action=a&cursor={page['next']}"

    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize(
    "query",
    ["actor=x", "entity_id=1", "since=yesterday", "since=2030-01-01", "action=", "entity=%00", "limit=0"],
)
async def test_a_question_that_makes_no_sense_names_its_parameter(api: Running, query: str) -> None:
    answer = await api.call("GET", f"{AUDIT}?{query}")

    assert answer.status == 422
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]


async def test_the_log_shows_another_workspace_nothing(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.OWNER)
    eve = await person(sql, "Eve", Role.OWNER, workspace=await workspace(sql, "Elsewhere"))
    await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada"})

    assert (await eve.call(api, "GET", AUDIT)).json["items"] == []


async def test_values_of_records_stay_hidden_from_an_admin_who_does_not_see_all_records(
    api: Running, sql: Any
) -> None:
    ann, boss = await person(sql, "Ann", Role.ADMIN, Visibility.OWN), await person(sql, "Boss", Role.OWNER)
    made = await boss.call(api, "POST", CONTACTS, json={"first_name": "Ada"})
    await boss.call(api, "PATCH", f"{CONTACTS}/{made.json['id']}", json={"title": "Secret"})

    answer = await ann.call(api, "GET", f"{AUDIT}?entity=contact")

    assert [each["changes"] for each in answer.json["items"]] == [None, None]
    assert "Secret" not in answer.text


async def test_denied_access_is_written_down_once_a_minute_for_each_person_and_right(
    api: Running, sql: Any
) -> None:
    ann, ben = await person(sql, "Ann", Role.VIEWER), await person(sql, "Ben", Role.VIEWER)
    lost = await person(sql, "Lost", None)
    for _ in range(5):
        for someone in (ann, ben):
            await someone.call(api, "POST", CONTACTS, json={"first_name": "Ada"})
        await ann.call(api, "GET", AUDIT)
        await lost.call(api, "GET", CONTACTS)

    rows = await sql.fetch("SELECT actor_id, changes::jsonb ->> 'right' AS right, action FROM audit_log")

    assert sorted((row["actor_id"], row["right"]) for row in rows) == sorted(
        [
            (ann.id, "contact.create"),
            (ben.id, "contact.create"),
            (ann.id, "audit.read"),
            (lost.id, "contact.read"),
        ]
    )
    assert {row["action"] for row in rows} == {"access.denied"}


async def test_access_denied_over_graphql_is_written_down_too(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.VIEWER)
    query = 'mutation { deleteContact(id: "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8") }'

    answer = await ann.call(api, "POST", "/graphql", json={"query": query})

    assert answer.json["errors"][0]["extensions"]["code"] == "AUTH_FORBIDDEN"
    assert await sql.fetchval("SELECT changes ->> 'right' FROM audit_log") == "contact.delete"


async def test_a_minute_later_the_same_denial_is_news_again(sql: Any) -> None:
    now = [0.0]
    recorded: list[object] = []

    class Store:
        def connection(self, _scope: object) -> Any:
            recorded.append(now[0])
            raise DatabaseUnavailableError("away")  # and that must not matter to whoever is denied

    denials = Denials(Store(), lambda: now[0])  # type: ignore[arg-type]
    who, right = Principal(uuid4(), Role.VIEWER, uuid4()), Right(Resource.CONTACT, Verb.DELETE)
    for now[0] in (0.0, 59.9, 60.0, 61.0, 120.0):
        await denials.record(who, right, "AUTH_FORBIDDEN")

    assert recorded == [0.0, 60.0, 120.0]


async def test_old_entries_are_purged_by_the_worker(sql: Any) -> None:
    for days in (1, 364, 366, 4000):
        await sql.execute(
            "INSERT INTO audit_log (id, at, workspace_id, action, entity) VALUES ($1, $2, $3, 'a', 'b')",
            uuid4(),
            NOW - timedelta(days=days),
            UUID(int=days),
        )

    assert await PurgeAudit(lambda: NOW, timedelta(days=365))(sql) == 2
    kept = await sql.fetch("SELECT workspace_id FROM audit_log ORDER BY at DESC")
    assert [row[0] for row in kept] == [UUID(int=1), UUID(int=364)]
