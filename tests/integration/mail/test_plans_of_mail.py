"""What each visit to a mailbox asks is answered by indexes, among any number of contacts and activities."""

from typing import Any

import pytest
from tests.integration.application import settings_for
from tests.integration.plans import explained, nodes
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.scope import SYSTEM
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.mailboxes import repository

ROWS = 50_000
CONTACTS = """
INSERT INTO contacts (id, workspace_id, first_name, email)
SELECT gen_random_uuid(), $1, 'F', CASE WHEN n % 1000 = 0 THEN 'N' ELSE 'n' END || n || '@example.com'
FROM generate_series(1, $2::int) AS n
"""
ACTIVITIES = """
INSERT INTO activities (id, workspace_id, type, title, contact_id, message_id)
SELECT gen_random_uuid(), workspace_id, 'email', 'T', id, '<' || email || '>' FROM contacts
"""


async def plan(postgres: Postgres, database: str, statement: str, *values: Any) -> list[Any]:
    """Ask as a worker does."""
    store = Database.of(settings_for("worker", postgres.environment(database))[0], "worker", scope=SYSTEM)
    await store.open()
    async with store.transaction() as connection:
        await repository.contacts(connection, DEFAULT_WORKSPACE, ["x@example.com"])  # as before what is asked
        found = await explained(connection, statement, *values)
    await store.close()
    return list(nodes(found))


@pytest.mark.parametrize("what", ["contacts", "activity"])
async def test_a_visit_looks_at_few_rows(
    postgres: Postgres, own_database: str, own_sql: Any, what: str
) -> None:
    await own_sql.execute("SET session_replication_role = replica")
    await own_sql.execute(CONTACTS, DEFAULT_WORKSPACE, ROWS)
    await own_sql.execute(ACTIVITIES)
    await own_sql.execute("VACUUM ANALYZE")
    contact = await own_sql.fetchval("SELECT id FROM contacts WHERE email = 'n7@example.com'")
    asked = {
        "contacts": (repository.CONTACTS, ["n7@example.com", "n1000@example.com", "x@example.com"]),
        "activity": (repository.IS_THERE, "<n7@example.com>", contact),
    }[what]
    found = await plan(postgres, own_database, asked[0], DEFAULT_WORKSPACE, *asked[1:])

    assert not any(node["Node Type"] == "Seq Scan" for node in found)
    assert sum(node.get("Rows Removed by Filter", 0) for node in found) <= ROWS // 1000
    assert found[0]["Actual Rows"] == (2 if what == "contacts" else 1)
