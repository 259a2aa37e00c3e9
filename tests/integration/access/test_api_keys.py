"""API keys: what they may, whose they are, and when they end."""

from typing import Any

import pytest
from tests.integration.application import CONTACTS, Answer, Running
from tests.integration.people import Person, person

from hastecrm.core.identity import Role, Visibility

KEYS = "/api/v1/api-keys"


@pytest.fixture
async def ada(sql: Any) -> Person:
    return await person(sql, "Ada")


async def key_of(api: Running, someone: Person, *scopes: str, **more: object) -> dict[str, Any]:
    answer = await someone.call(api, "POST", KEYS, json={"name": "Export", "scopes": scopes, **more})
    assert answer.status == 201, answer.json
    return dict(answer.json)


async def with_key(api: Running, key: str, method: str, path: str, **options: Any) -> Answer:
    headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
    return await api.call(method, path, headers=headers, **options)


async def test_a_key_acts_for_its_member_within_its_scopes(api: Running, ada: Person, sql: Any) -> None:
    key = (await key_of(api, ada, "contact:write"))["key"]
    made = await with_key(api, key, "POST", CONTACTS, json={"first_name": "Grace"})
    refused = await with_key(api, key, "GET", CONTACTS)

    assert (made.status, made.json["owner_id"]) == (201, str(ada.id))
    assert (refused.status, refused.json["code"]) == (403, "AUTH_FORBIDDEN")
    assert "needs the scope contact:read" in refused.json["detail"]
    actor = await sql.fetchval("SELECT actor_id FROM audit_log WHERE action = 'contact.created'")
    assert actor == ada.id


async def test_a_key_for_reading_reads_over_graphql_too_and_changes_nothing(
    api: Running, ada: Person
) -> None:
    key = (await key_of(api, ada, "read"))["key"]
    read = await with_key(api, key, "POST", "/graphql", json={"query": "{contacts {items {id}}}"})
    change = 'mutation {createContact(values: {firstName: "Grace"}) {id}}'
    changed = await with_key(api, key, "POST", "/graphql", json={"query": change})

    assert read.json["data"] == {"contacts": {"items": []}}
    assert changed.json["errors"][0]["extensions"]["code"] == "AUTH_FORBIDDEN"


async def test_a_key_may_no_more_than_its_member_may_now(api: Running, ada: Person, sql: Any) -> None:
    key = (await key_of(api, ada, "read", "write"))["key"]
    await sql.execute("UPDATE memberships SET role = 'viewer', visibility = 'own' WHERE user_id = $1", ada.id)

    refused = await with_key(api, key, "POST", CONTACTS, json={"first_name": "Grace"})

    assert (refused.status, refused.json["code"]) == (403, "AUTH_FORBIDDEN")
    assert "viewer" in refused.json["detail"]


async def test_the_secret_is_shown_once_and_stored_nowhere(api: Running, ada: Person, sql: Any) -> None:
    made = await key_of(api, ada, "read")
    listed = (await ada.call(api, "GET", KEYS)).json["items"]

    assert len(made["key"]) == 48
    assert made["key"].startswith(made["prefix"])
    assert [each["id"] for each in listed] == [made["id"]]
    dump = str(await sql.fetch("SELECT * FROM api_keys")) + str(await sql.fetch("SELECT * FROM audit_log"))
    assert made["key"] not in str(listed) + dump


async def test_a_deleted_key_ends_at_once(api: Running, ada: Person) -> None:
    made = await key_of(api, ada, "read")
    before = await with_key(api, made["key"], "GET", CONTACTS)
    deleted = await ada.call(api, "DELETE", f"{KEYS}/{made['id']}")
    after = await with_key(api, made["key"], "GET", CONTACTS)

    assert (before.status, deleted.status, after.status) == (200, 204, 401)
    assert after.json["code"] == "AUTH_REQUIRED"
    assert "expired" in after.json["detail"]


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("UPDATE api_keys SET expires_at = now() - interval '1 s'", id="it has expired"),
        pytest.param("DELETE FROM memberships WHERE user_id = $1", id="its member has left"),
        pytest.param("UPDATE users SET disabled_at = now() WHERE id = $1", id="their account is disabled"),
        pytest.param("UPDATE workspaces SET deleted_at = now()", id="its workspace is deleted"),
    ],
)
async def test_a_key_ends_with_what_it_depends_on(api: Running, ada: Person, sql: Any, ending: str) -> None:
    key = (await key_of(api, ada, "read"))["key"]
    try:
        await sql.execute(ending, *([ada.id] if "$1" in ending else []))
        assert (await with_key(api, key, "GET", CONTACTS)).status == 401
    finally:
        await sql.execute("UPDATE workspaces SET deleted_at = NULL")


async def test_its_last_use_is_told(api: Running, ada: Person) -> None:
    made = await key_of(api, ada, "read")
    await with_key(api, made["key"], "GET", CONTACTS)

    [listed] = (await ada.call(api, "GET", KEYS)).json["items"]
    assert made["last_used_at"] is None
    assert listed["last_used_at"] is not None


async def test_a_key_does_nothing_about_accounts_and_makes_no_keys(api: Running, ada: Person) -> None:
    key = (await key_of(api, ada, "read", "write"))["key"]
    me = await with_key(api, key, "GET", "/api/v1/me")
    another = await with_key(api, key, "POST", KEYS, json={"name": "More", "scopes": ["write"]})

    assert [(each.status, each.json["code"]) for each in (me, another)] == [(403, "AUTH_FORBIDDEN")] * 2


async def test_a_key_is_for_one_workspace(api: Running, ada: Person) -> None:
    key = (await key_of(api, ada, "read"))["key"]
    other = {"X-Workspace": "0197a3c0-0000-7000-8000-000000000001"}

    answer = await with_key(api, key, "GET", CONTACTS, headers=other)

    assert (answer.status, answer.json["code"]) == (403, "AUTH_NOT_IN_WORKSPACE")


async def test_members_see_their_own_keys_and_admins_everyones(api: Running, ada: Person, sql: Any) -> None:
    boss = await person(sql, "Boss", Role.ADMIN, Visibility.OWN)
    hers, his = await key_of(api, ada, "read"), await key_of(api, boss, "read")

    assert [each["id"] for each in (await ada.call(api, "GET", KEYS)).json["items"]] == [hers["id"]]
    assert len((await boss.call(api, "GET", KEYS)).json["items"]) == 2
    assert (await ada.call(api, "DELETE", f"{KEYS}/{his['id']}")).status == 404
    assert (await boss.call(api, "DELETE", f"{KEYS}/{hers['id']}")).status == 204


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": "X", "scopes": []}, "/scopes"),
        ({"name": "X", "scopes": ["contact:everything"]}, "/scopes/0"),
        ({"name": "", "scopes": ["read"]}, "/name"),
        ({"name": "X", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "X", "scopes": ["read"], "admin": True}, "/admin"),
    ],
    ids=["no scope", "a scope that is none", "no name", "an end that is past", "an unknown field"],
)
async def test_bad_keys_are_refused_by_field(api: Running, ada: Person, body: object, where: str) -> None:
    answer = await ada.call(api, "POST", KEYS, json=body)

    assert answer.status == 422
    assert [problem["pointer"] for problem in answer.json["errors"]] == [where]


async def test_nobody_makes_keys_without_end(api: Running, ada: Person, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO api_keys (id, workspace_id, user_id, name, prefix, digest, scopes) "
        "SELECT gen_random_uuid(), workspace_id, user_id, 'x', 'hcrm_', int4send(n), '{read}' "
        "FROM memberships, generate_series(1, 50) AS n"
    )
    answer = await ada.call(api, "POST", KEYS, json={"name": "More", "scopes": ["read"]})

    assert (answer.status, answer.json["code"]) == (409, "BIZ_CONFLICT")


async def test_the_end_is_a_year_away_or_never(api: Running, ada: Person, sql: Any) -> None:
    await key_of(api, ada, "read")
    await key_of(api, ada, "read", expires_at=None)

    ends = [row[0] for row in await sql.fetch("SELECT expires_at - created_at FROM api_keys ORDER BY id")]
    assert (round(ends[0].total_seconds() / 86_400), ends[1]) == (365, None)
