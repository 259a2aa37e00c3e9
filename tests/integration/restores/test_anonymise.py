"""A copy for testing knows nobody: what tells is replaced or gone, and what belonged together still does."""

import json
from typing import Any

import pytest
from tests.integration.restores.installation import Installation

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.restores.anonymise.plan import EMPTIED, HARMLESS, INVENTED

KEY = "k" * 32
TEXTS = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


@pytest.fixture
async def copy(acme: Installation) -> Installation:
    """A restored copy of what was dumped, with more in it than acme-1."""
    async with acme.sql() as sql:
        await sql.execute(
            "INSERT INTO audit_log (id, action, entity, changes, address) VALUES "
            """(gen_random_uuid(), 'a.b', 'user', '{"email": "ada@analytical.test"}', '192.0.2.7')"""
        )
        await sql.execute(
            "INSERT INTO jobs (id, kind, payload) VALUES (gen_random_uuid(), 'mail', '{\"to\": \"ada\"}')"
        )
        await sql.execute(
            "INSERT INTO contacts (id, workspace_id, first_name, email) "
            "VALUES (gen_random_uuid(), $1, 'Ada', 'ADA@analytical.test')",
            DEFAULT_WORKSPACE,
        )
    await acme.dump("acme-2")
    assert (await acme.restore("acme-2")).code == 0
    return acme


async def anonymised(acme: Installation, **more: str) -> dict[str, Any]:
    ended = await acme.run("anonymise", "--database", acme.named("restore"), **more)
    assert ended.code == 0, ended.said
    return ended.report


async def everything(acme: Installation) -> str:
    """All that the copy says, as text."""
    async with acme.sql(acme.named("restore")) as sql:
        tables = await sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [await sql.fetch(f"SELECT to_jsonb(t)::text FROM {table} AS t") for (table,) in tables]  # noqa: S608
    return "\n".join(row[0] for found in rows for row in found)


async def test_nothing_that_tells_who_somebody_is_remains(copy: Installation):
    report = await anonymised(copy)

    said = await everything(copy)
    for telling in (
        "Lovelace",
        "Babbage",
        "analytical",
        "customer",
        "First1",
        "+43",
        "Firm ",
        "argon2",
        "192.0.2.7",
    ):
        assert telling not in said, telling
    assert "contacts.email" in report["columns"]
    assert "audit_log.action" in report["kept"]
    assert "jobs" in report["emptied"]
    assert len(json.dumps(report)) < 4096


async def test_everybody_is_still_there_and_distinct(copy: Installation):
    await anonymised(copy)

    async with copy.sql(copy.named("restore")) as sql:
        assert await sql.fetchval("SELECT count(DISTINCT lower(email)) FROM contacts") == 501
        assert await sql.fetchval("SELECT count(*) FROM users") == 2
        assert await sql.fetchval("SELECT count(DISTINCT first_name) FROM contacts") > 30
        owned = "SELECT count(*) FROM contacts JOIN memberships USING (workspace_id) WHERE user_id = owner_id"
        assert await sql.fetchval(owned) == 500


async def test_the_same_address_is_the_same_invented_one_everywhere(copy: Installation):
    await anonymised(copy)

    async with copy.sql(copy.named("restore")) as sql:
        joined = "SELECT count(*) FROM contacts JOIN users ON lower(contacts.email) = lower(users.email)"
        assert await sql.fetchval(joined) == 1


async def test_the_key_decides_who_is_invented(copy: Installation):
    emails = "SELECT email FROM users ORDER BY id"
    found = []
    for key in (KEY, KEY, "o" * 32):
        await copy.restore("acme-2")
        await anonymised(copy, HASTECRM_ANONYMISE_KEY=key)
        async with copy.sql(copy.named("restore")) as sql:
            found.append(await sql.fetch(emails))

    assert found[0] == found[1] != found[2]


async def test_the_copy_waits_for_its_owner_and_signs_nobody_in(copy: Installation):
    await anonymised(copy)
    assert (await copy.swap()).code == 0

    ended = await copy.run(
        "create-owner", "--email", "new@example.com", "--name", "New", "--password-file", "/dev/null"
    )
    assert "already" not in ended.said
    async with copy.sql() as sql:
        assert await sql.fetchval("SELECT count(*) FROM users WHERE password_hash IS NOT NULL") == 0
        assert await sql.fetchval("SELECT count(*) FROM sessions") == 0
        assert await sql.fetchval("SELECT count(*) FROM memberships WHERE role = 'owner'") == 0


async def test_the_database_in_use_is_never_anonymised(acme: Installation):
    ended = await acme.run("anonymise", "--database", acme.database)

    assert ended.report["reason"] == "DatabaseNameRefused"


async def test_it_is_decided_of_every_column_what_becomes_of_it(copy: Installation):
    """Add a column that holds text, and decide in restores/anonymise/plan.py what copies show of it."""
    report = await anonymised(copy)

    assert set(report["kept"]) == HARMLESS


async def test_the_plan_names_only_what_there_is(acme: Installation):
    async with acme.sql() as sql:
        columns = {f"{row['table_name']}.{row['column_name']}" for row in await sql.fetch(TEXTS)}

    planned = {f"{table}.{column}" for table, of in INVENTED.items() for column in of}
    assert planned | HARMLESS <= columns
    assert set(EMPTIED) <= {column.partition(".")[0] for column in columns}
