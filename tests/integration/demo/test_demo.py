"""The invented CRM in a real database."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.demo import world
from hastecrm.demo.progress import Progress
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SHAPE = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text = ANY ('{contacts,companies,deals,deal_contacts,search_words}')
UNION ALL SELECT conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint
UNION ALL SELECT tgname || tgrelid, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT relname, relforcerowsecurity::text FROM pg_class WHERE relkind = 'r'
ORDER BY 1, 2
"""
COUNTS = """
SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM companies), (SELECT count(*) FROM deals),
(SELECT count(*) FROM search_documents), (SELECT sum(deals) FROM deal_totals),
(SELECT sum(key % 1000003) FROM match_keys), (SELECT count(*) FROM match_waiting)
"""


async def make(postgres: Postgres, database: str, contacts: int) -> int:
    connections = [await connect(postgres, database, "hastecrm") for _ in range(2)]
    try:
        for connection in connections:
            await connection.execute("SET hastecrm.system = 'on'")
        await world.add_colleagues(connections[0], DEFAULT_WORKSPACE, 3)
        return await world.make(connections, DEFAULT_WORKSPACE, contacts, NOW, Progress(io.StringIO()))
    finally:
        for connection in connections:
            await connection.close()


async def words(sql: Any) -> list[Any]:
    return list(await sql.fetch("SELECT word, kind, rank, record_id FROM search_words ORDER BY 1, 4"))


async def test_a_large_world_is_the_small_one_made_faster(
    postgres: Postgres, own_database: str, own_sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = await own_sql.fetch(SHAPE)
    assert await make(postgres, own_database, 300) == 300
    slowly, by_words = await own_sql.fetchrow(COUNTS), await words(own_sql)
    await own_sql.execute("TRUNCATE contacts, companies, deals, record_tags CASCADE")
    await own_sql.execute("TRUNCATE search_words, search_documents, match_keys, match_waiting")

    monkeypatch.setattr(world, "MANY", 100)
    assert await make(postgres, own_database, 300) == 300

    assert tuple(slowly)[:5] == (300, 75, 30, 435, 30)
    assert await own_sql.fetchrow(COUNTS) == slowly
    assert await words(own_sql) == by_words
    assert await own_sql.fetch(SHAPE) == shape


async def test_what_is_there_already_stays(
    postgres: Postgres, own_database: str, own_sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(postgres, own_database, 50)
    await own_sql.execute("UPDATE contacts SET first_name = 'Known'")

    monkeypatch.setattr(world, "MANY", 100)
    assert await make(postgres, own_database, 120) == 70
    assert await own_sql.fetchval("SELECT count(*) FROM contacts WHERE first_name = 'Known'") == 50


async def test_a_run_that_was_killed_is_mended_by_the_next(
    postgres: Postgres, own_database: str, own_sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = await own_sql.fetch(SHAPE)
    monkeypatch.setattr(world, "MANY", 100)
    await make(postgres, own_database, 120)
    await own_sql.execute("DROP INDEX search_words_read")  # as it is left while words are taken in

    assert await make(postgres, own_database, 120) == 0
    assert await own_sql.fetch(SHAPE) == shape
