"""The sums of stages are exact, whatever is done to deals and by how many at once."""

import asyncio
import random
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

KEPT = """
SELECT stage_id, status, currency, owner_id, sum(deals)::bigint AS deals, sum(value) AS value,
    sum(weighted) AS weighted
FROM deal_totals GROUP BY 1, 2, 3, 4 HAVING sum(deals) <> 0 ORDER BY 1, 2, 3, 4
"""
TRUE = """
SELECT stage_id, status, currency, coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner_id,
    count(*) AS deals, sum(value) AS value, sum(value * probability) AS weighted
FROM deals WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
ADD = """
INSERT INTO deals
(id, workspace_id, pipeline_id, stage_id, owner_id, title, position, value, probability, currency)
SELECT $1, workspace_id, pipeline_id, id, $3, 'A deal', 'a', $4, probability, $5 FROM stages WHERE id = $2
"""
CHANGES = (
    "UPDATE deals SET stage_id = (SELECT id FROM stages ORDER BY random() LIMIT 1) WHERE id = $1",
    "UPDATE deals SET value = value + 0.01 WHERE id <= $1",
    "UPDATE deals SET probability = (probability + 7) % 100 WHERE id = $1",
    "UPDATE deals SET currency = 'EUR' WHERE id = $1",
    "UPDATE deals SET owner_id = NULL WHERE id = $1",
    "UPDATE deals SET deleted_at = now() WHERE id = $1",
    "UPDATE deals SET deleted_at = NULL WHERE id = $1",
    "UPDATE deals SET status = 'won', won_reason = 'x', closed_at = now() WHERE id = $1 AND status = 'open'",
    "UPDATE deals SET title = 'Another' WHERE id = $1",
    "DELETE FROM deals WHERE id = $1",
)


async def people(sql: Any) -> list[UUID]:
    made = [uuid4(), uuid4()]
    for user in made:
        await sql.execute(
            "INSERT INTO users (id, email, name) VALUES ($1, $2, 'X')", user, f"{user}@example.com"
        )
        member = "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'member')"
        await sql.execute(member, DEFAULT_WORKSPACE, user)
    return made


async def add(sql: Any, chance: random.Random, owners: list[UUID]) -> UUID:
    stages = [row[0] for row in await sql.fetch("SELECT id FROM stages ORDER BY position")]
    deal, owner = uuid4(), chance.choice([None, *owners])
    value, money = Decimal(chance.randrange(10**6)) / 100, chance.choice(["USD", "EUR"])
    await sql.execute(ADD, deal, chance.choice(stages), owner, value, money)
    return deal


async def check(sql: Any) -> None:
    kept, true = await sql.fetch(KEPT), await sql.fetch(TRUE)
    assert [dict(row) for row in kept] == [dict(row) for row in true]


async def test_the_sums_follow_every_change(own_sql: Any) -> None:
    chance, owners = random.Random(7), await people(own_sql)  # noqa: S311 - no secret
    deals = [await add(own_sql, chance, owners) for _ in range(40)]

    for _ in range(300):
        await own_sql.execute(
            chance.choice(CHANGES[:-1] if chance.random() < 0.9 else CHANGES), chance.choice(deals)
        )
    await check(own_sql)
    await own_sql.execute("DELETE FROM memberships WHERE user_id = $1", owners[0])
    await check(own_sql)
    assert await own_sql.fetchval("SELECT count(*) FROM deals WHERE owner_id IS NULL") > 10


async def test_a_deal_that_is_copied_in_counts_and_an_emptied_table_counts_nothing(own_sql: Any) -> None:
    stages = await own_sql.fetch("SELECT workspace_id, pipeline_id, id FROM stages")
    names = ["workspace_id", "pipeline_id", "stage_id", "id", "title", "position", "value"]
    rows = [(*stage, uuid4(), "A deal", "a", Decimal("0.1")) for stage in stages for _ in range(3)]

    await own_sql.copy_records_to_table("deals", records=rows, columns=names)
    await check(own_sql)
    assert await own_sql.fetchval("SELECT sum(value) FROM deal_totals") == Decimal("1.50")
    await own_sql.execute("TRUNCATE deals CASCADE")
    assert await own_sql.fetchval("SELECT count(*) FROM deal_totals") == 0


async def test_nobody_waits_for_the_sums_that_somebody_else_writes(
    postgres: Postgres, own_database: str
) -> None:
    first, second = [await connect(postgres, own_database) for _ in range(2)]
    deals = [await add(first, random.Random(1), []) for _ in range(2)]  # noqa: S311 - no secret
    transaction = first.transaction()
    await transaction.start()
    await first.execute("UPDATE deals SET value = 5, currency = 'USD' WHERE id = $1", deals[0])

    async with asyncio.timeout(2):
        await second.execute("UPDATE deals SET value = 6, currency = 'USD' WHERE id = $1", deals[1])
    await transaction.commit()
    await check(second)
    await first.close()
    await second.close()


async def test_many_at_once_lose_nothing(postgres: Postgres, own_database: str, own_sql: Any) -> None:
    chance, owners = random.Random(3), await people(own_sql)  # noqa: S311 - no secret
    deals = [await add(own_sql, chance, owners) for _ in range(30)]

    async def worry(seed: int) -> None:
        mine, connection = random.Random(seed), await connect(postgres, own_database)  # noqa: S311
        for _ in range(60):
            try:
                await connection.execute(mine.choice(CHANGES), mine.choice(deals))
            except asyncpg.DeadlockDetectedError:
                continue  # over many deals at once; such a change is undone whole
        await connection.close()

    await asyncio.gather(*(worry(seed) for seed in range(8)))
    await check(own_sql)
    assert await own_sql.fetchval("SELECT count(*) FROM deal_totals") < 400


async def test_a_workspace_goes_with_its_deals_and_sums(own_sql: Any) -> None:
    other = uuid4()
    await own_sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Other')", other)
    [stage] = await own_sql.fetch("SELECT id FROM stages WHERE workspace_id = $1 AND position = 0", other)
    await own_sql.execute(ADD, uuid4(), stage["id"], None, Decimal(5), "USD")

    await own_sql.execute("DELETE FROM workspaces WHERE id = $1", other)
    assert await own_sql.fetchval("SELECT count(*) FROM deals") == 0
    assert await own_sql.fetchval("SELECT count(*) FROM deal_totals") == 0


async def test_the_deals_of_a_member_who_is_removed_count_as_nobodys_whoever_removes_them(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    owners = await people(own_sql)
    await add(own_sql, random.Random(1), [owners[0]] * 9)  # noqa: S311 - no secret
    await own_sql.execute("UPDATE deals SET owner_id = $1", owners[0])
    narrow = await connect(postgres, own_database, "hastecrm")
    scope = {"workspace": str(DEFAULT_WORKSPACE), "owners": f"{{{owners[1]}}}", "role": "admin"}
    for name, value in scope.items():
        await narrow.execute("SELECT set_config($1, $2, false)", f"hastecrm.{name}", value)

    await narrow.execute("DELETE FROM memberships WHERE user_id = $1", owners[0])
    assert await narrow.fetchval("SELECT count(*) FROM deal_totals") == 0
    await narrow.close()
    await check(own_sql)
    assert await own_sql.fetchval("SELECT owner_id FROM deals") is None
