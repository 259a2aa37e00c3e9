"""Row-level security leaves the index of words its conditions: they are leakproof, and a plan shows it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.search import statements
from hastecrm.features.search.schemas import query_of


@pytest.fixture
async def member(postgres: Postgres, database: str) -> AsyncIterator[Any]:
    connection = await connect(postgres, database, "hastecrm")
    for name, value in (("workspace", str(DEFAULT_WORKSPACE)), ("owners", "*"), ("role", "member")):
        await connection.execute("SELECT set_config($1, $2, false)", f"hastecrm.{name}", value)
    await connection.execute("SET enable_seqscan = off")  # the tables are empty: what could be used is asked
    yield connection
    await connection.close()


async def conditions(connection: Any, statement: tuple[Any, ...]) -> str:
    """What the plan looks up in indexes."""
    query, *values = statement
    rows = await connection.fetch(f"EXPLAIN (COSTS OFF) {query}", DEFAULT_WORKSPACE, *values)
    return "\n".join(row[0] for row in rows if re.match(r"\s*Index Cond", row[0]))


async def test_words_and_their_beginnings_are_looked_up(member: Any) -> None:
    found = await conditions(member, statements.by_one_word(query_of("ann", None, None)))

    assert "(word = want.word)" in found
    assert "(word > 'ann'::text)" in found
    assert "(word < 'ann" in found


async def test_several_words_are_looked_up(member: Any) -> None:
    query = query_of("anna schm", None, None)
    for statement in (
        statements.counting(query),
        statements.joining(query, query.needles, query.needles[1:]),
    ):
        found = await conditions(member, statement)
        assert "'anna'::text" in found
        assert "'schm'::text" in found


async def test_misspellings_are_looked_up(member: Any) -> None:
    found = await conditions(member, statements.spelling("schmitd"))

    assert "variant >= " in found
    assert "variant <= " in found
