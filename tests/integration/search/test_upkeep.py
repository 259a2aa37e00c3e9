"""The index says what the records say, whoever changed them and however many at once."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.features.search.repository import BEGINNING, sweep
from hastecrm.features.search.words import fold, words_of

WORKSPACE = UUID("00000000-0000-7000-8000-000000000001")
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
ADD = (
    "INSERT INTO contacts (id, workspace_id, first_name, last_name, email, phone, company) "
    "SELECT gen_random_uuid(), $1, 'Ada' || n, 'Lovelace', 'ada' || n || '@acme.example', "
    "'+43 1 55501' || n, 'Analytical Engines' FROM generate_series(1, $2::int) AS n"
)
TOLD = "SELECT count(*) AS documents, (SELECT count(*) FROM search_words) AS words FROM search_documents"


async def told(sql: Any) -> tuple[int, int]:
    return tuple(await sql.fetchrow(TOLD))


async def every_word(sql: Any) -> list[tuple[Any, ...]]:
    found = "SELECT word, kind, rank, record_id FROM search_words ORDER BY word, record_id"
    return [tuple(row) for row in await sql.fetch(found)]


async def test_many_rows_at_once_are_found_and_forgotten(sql: Any) -> None:
    await sql.execute(ADD, WORKSPACE, 500)
    documents, words = await told(sql)

    await sql.execute("UPDATE contacts SET last_activity_at = now()")
    assert await told(sql) == (documents, words) == (500, 500 * 6)

    await sql.execute("UPDATE contacts SET deleted_at = now() WHERE first_name LIKE '%7'")
    assert await told(sql) == (450, 450 * 6)

    await sql.execute("UPDATE contacts SET deleted_at = NULL")
    assert await told(sql) == (500, 500 * 6)

    await sql.execute("DELETE FROM contacts")
    assert await told(sql) == (0, 0)


async def test_a_changed_record_has_its_new_words_only(sql: Any) -> None:
    await sql.execute(ADD, WORKSPACE, 1)
    await sql.execute("UPDATE contacts SET company = 'Ada Ltd', last_name = 'Byron'")

    words = {(row[0], row[2]) for row in await every_word(sql)}
    assert words == {("ada1", 2), ("byron", 2), ("ada", 1), ("ltd", 1), ("acme", 1), ("110555134", 0)}


async def test_own_fields_that_were_there_before_are_added_once(sql: Any) -> None:
    await sql.execute(ADD, WORKSPACE, 2)
    before = await every_word(sql)
    await sql.execute(
        """UPDATE contacts SET custom = '{"number": "K-4711", "old": "Ada1"}' WHERE first_name = 'Ada1'"""
    )
    after, texts = await every_word(sql), "SELECT words FROM search_documents ORDER BY 1"
    assert {row[0] for row in after} - {row[0] for row in before} == {"4711"}
    await sql.execute("DELETE FROM search_words WHERE word = '4711'")
    await sql.execute("UPDATE search_documents SET words = replace(words, ' k 4711', '')")

    for _ in range(2):
        await sql.execute(f"SELECT hastecrm_search_add_custom('contacts', 1::smallint, '{FIRST}', '{LAST}')")
    assert await every_word(sql) == after
    assert " 4711" in str(await sql.fetch(texts))


async def test_who_writes_a_record_sees_no_more_afterwards(postgres: Postgres, database: str) -> None:
    writer = await connect(postgres, database, "hastecrm")
    for name, value in (("workspace", str(WORKSPACE)), ("owners", "*"), ("role", "member")):
        await writer.execute("SELECT set_config($1, $2, false)", f"hastecrm.{name}", value)
    async with writer.transaction():
        await writer.execute(ADD, WORKSPACE, 1)
        told = await writer.fetchval("SELECT current_setting('hastecrm.system')")
    await writer.close()

    assert told == ""


async def test_what_was_there_before_is_filled_in_once(sql: Any) -> None:
    await sql.execute(ADD, WORKSPACE, 30)
    before = await every_word(sql)
    await sql.execute("TRUNCATE search_documents, search_words, search_typos")

    fill = "SELECT hastecrm_search_fill_contacts((SELECT id FROM contacts ORDER BY id LIMIT 1), $1)"
    last = await sql.fetchval("SELECT id FROM contacts ORDER BY id DESC LIMIT 1")
    for _ in range(2):
        assert len(await sql.fetch(fill, last)) == 30

    assert await every_word(sql) == before


async def test_words_that_no_record_has_any_more_are_forgotten(sql: Any) -> None:
    await sql.execute(ADD, WORKSPACE, 2)
    await sql.execute("UPDATE contacts SET last_name = 'Byron' WHERE first_name = 'Ada1'")

    _, kept = await sweep(sql, BEGINNING, 10_000)
    await sql.execute("UPDATE contacts SET last_name = 'Byron'")
    after, gone = await sweep(sql, BEGINNING, 10_000)

    words = {row[0] for row in await sql.fetch("SELECT word FROM search_typos")}
    assert (kept, gone) == (0, 8)
    assert words == {"byron", "analytical", "engines"}
    assert await sweep(sql, after, 10_000) == (BEGINNING, 0)


@pytest.mark.parametrize(
    "text", ["Müller", "MU\u0308LLER", "Łukasz Ørsted", "Straße", "Ægir Œuvre", "Þór Guðmundsson"]
)
async def test_the_database_folds_as_the_application_does(sql: Any, text: str) -> None:
    assert await sql.fetchval("SELECT hastecrm_fold($1)", text) == fold(text)


LETTERS = st.characters(max_codepoint=0x24F, exclude_categories=["Cs", "Cc"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(LETTERS, max_size=30))
async def test_both_take_words_apart_alike(sql: Any, text: str) -> None:
    assert await sql.fetchval("SELECT hastecrm_words($1)", text) == words_of(text)
