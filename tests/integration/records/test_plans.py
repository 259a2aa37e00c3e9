"""How PostgreSQL runs the lists: by index scans that end when the page is full, at any size.

Asked as the application's role within a scope: under row-level security only operators that are leakproof
may become index conditions, which a superuser's EXPLAIN does not show.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.application import settings_for
from tests.integration.conftest import connect, run_statement
from tests.integration.plans import explained, nodes, rows
from tests.integration.servers import Postgres

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.records.filters.condition import Asked
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.listing import Asker, Listing, page_statement
from hastecrm.core.scope import Scope
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT, DEFAULT_WORKSPACE
from hastecrm.main.kinds import KINDS

ROWS = 100_000
ANN, BEN = UUID(int=1), UUID(int=2)
RARE, COMMON = UUID(int=11), UUID(int=12)
PEOPLE = "INSERT INTO users (id, email, name) SELECT id, id::text, 'X' FROM unnest($1::uuid[]) AS t (id)"
MEMBERS = """
INSERT INTO memberships (workspace_id, user_id, role)
SELECT $2, id, 'member' FROM unnest($1::uuid[]) AS t (id)
"""
TAGS = "INSERT INTO tags (id, workspace_id, name) VALUES ($1, $3, 'rare'), ($2, $3, 'common')"
FILL = """
INSERT INTO {table} (id, workspace_id, {name}, owner_id, tags, created_at, updated_at)
SELECT gen_random_uuid(), $1, 'N' || n % 5000,
  CASE WHEN n % 50 = 0 THEN $2::uuid WHEN n % 50 = 1 THEN $3::uuid END,
  CASE WHEN n % 20000 = 7 THEN ARRAY[$4::uuid] WHEN n % 10 = 3 THEN ARRAY[$5::uuid] ELSE '{{}}' END,
  now() - n * interval '1 minute', now() - n * interval '1 second'
FROM generate_series(1, $6::int) AS n
"""


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> Iterator[Postgres]:
    import asyncio  # noqa: PLC0415

    asyncio.run(_fill(postgres))
    yield postgres
    asyncio.run(_drop(postgres))


async def _fill(postgres: Postgres) -> None:
    await run_statement(postgres, "CREATE DATABASE plans TEMPLATE migrated OWNER hastecrm")
    sql = await connect(postgres, "plans")
    await sql.execute(PEOPLE, [ANN, BEN])
    await sql.execute(MEMBERS, [ANN, BEN], DEFAULT_WORKSPACE)
    await sql.execute(TAGS, RARE, COMMON, DEFAULT_WORKSPACE)
    # What triggers do beside the rows themselves is not looked at here, but for the tags of each record.
    await sql.execute("SET session_replication_role = replica")
    for table, name in (("companies", "name"), ("contacts", "last_name")):
        more = "" if table == "companies" else ", first_name"
        fill = FILL.format(table=table, name=name + more)
        fill = fill.replace("n % 5000,", "n % 5000, 'F',", 1) if more else fill
        await sql.execute(fill, DEFAULT_WORKSPACE, ANN, BEN, RARE, COMMON, ROWS)
        await sql.execute(f"INSERT INTO record_tags SELECT workspace_id, unnest(tags), id FROM {table}")
    await sql.execute("UPDATE contacts SET last_activity_at = created_at WHERE last_name < 'N2'")
    await sql.execute("VACUUM ANALYZE")
    await sql.close()


async def _drop(postgres: Postgres) -> None:
    await run_statement(postgres, "DROP DATABASE plans WITH (FORCE)")


@pytest.fixture
async def store(filled: Postgres) -> AsyncIterator[Database]:
    database = Database.of(settings_for("api", filled.environment("plans"))[0], "api")
    await database.open()
    yield database
    await database.close()


async def plan(store: Database, kind: Kind, owners: list[UUID] | None, **query: str) -> Any:
    """Return what PostgreSQL did for a page."""
    scope = Scope(DEFAULT_WORKSPACE, owners, "member")
    asked = page_statement(kind, Asker(scope, Asked(ANN, utc_now())), Listing.of(kind, query))
    assert asked is not None
    statement, values = asked
    async with store.connection(scope) as connection:
        return await explained(connection, statement, *values)


def visited(found: Any) -> int:
    """How many rows were looked at: those that came and those that a filter threw away."""
    scans = [each for each in nodes(found) if "Scan" in each["Node Type"] and "Relation Name" in each]
    return rows(scans)


def told(found: Any) -> str:
    """The scans of a plan, for whoever has to find out."""
    wanted = (
        "Node Type",
        "Index Name",
        "Actual Rows",
        "Actual Loops",
        "Rows Removed by Filter",
        "Filter",
        "Index Cond",
    )
    scans = [each for each in nodes(found) if "Relation Name" in each]
    return "\n".join(str({name: each[name] for name in wanted if name in each}) for each in scans)


async def deep(store: Database, kind: Kind, order: str) -> str:
    """Return the cursor of a page in the middle of a list."""
    wanted = Listing.of(kind, {"order_by": order})
    column, direction = wanted.order.column, wanted.order.direction
    order_by = f"{column} {direction}, id {direction}"
    middle = f"SELECT * FROM {kind.plural} ORDER BY {order_by} OFFSET {ROWS // 2} LIMIT 1"
    async with store.connection(Scope(DEFAULT_WORKSPACE, None, "member")) as connection:
        return wanted.order.encode(wanted.order.key(await connection.fetchrow(middle)))


SORTED = [
    (kind, order) for kind in (CONTACT, COMPANY) for name in kind.sortable for order in (name, f"{name} desc")
]


@pytest.mark.parametrize(("kind", "order"), SORTED, ids=lambda value: getattr(value, "name", value))
async def test_each_order_is_an_index_scan_as_short_in_the_middle_as_at_the_beginning(
    store: Database, kind: Kind, order: str
) -> None:
    first = await plan(store, kind, None, order_by=order)
    middle = await plan(store, kind, None, order_by=order, cursor=await deep(store, kind, order))

    for found in (first, middle):
        assert visited(found) <= 102, found
        assert not [each for each in nodes(found) if each["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize(
    ("owners", "query", "most"),
    [
        ([ANN], {}, 51),
        ([ANN, BEN], {}, 102),
        (None, {"owner": str(ANN)}, 51),
        (None, {"filter": "owner_id = me"}, 51),
        (None, {"filter": 'tags:"rare"'}, 20),
        (None, {"filter": 'tags:"common"'}, 2_000),
        ([ANN, BEN], {"filter": 'tags:"common"'}, 5_010),
        (None, {"filter": 'tags:"nothing"'}, 10),
        (None, {"trashed": "true"}, 0),
        (None, {"filter": "created_at < -60d"}, 51),
        ([uuid4()], {}, 0),
    ],
    ids=[
        "own",
        "team",
        "owner",
        "me",
        "rare tag",
        "common tag",
        "team and tag",
        "no such tag",
        "trash",
        "old",
        "none",
    ],
)
async def test_a_list_looks_at_little_more_than_it_shows(
    store: Database, owners: list[UUID] | None, query: dict[str, str], most: int
) -> None:
    found = await plan(store, CONTACT, owners, **query)

    assert visited(found) <= most, told(found)
    assert not [
        each for each in nodes(found) if each["Node Type"] == "Seq Scan" and each["Relation Name"] != "tags"
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_whatever_a_list_is_sorted_by_has_an_index(own_sql: Any, kind: Kind) -> None:
    rows = await own_sql.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = $1", kind.plural)

    for name in kind.sortable:
        column = kind.by_name[name].order_column or name
        wanted = [f"(workspace_id, {column}, id)", f"(workspace_id, {column} DESC, id DESC)"]
        told = [row["indexdef"].replace('"', "") for row in rows]  # some names are written in quotes
        assert any(each in one for one in told for each in wanted), column
