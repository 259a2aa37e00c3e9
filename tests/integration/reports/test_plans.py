"""How PostgreSQL counts reports: by index scans over their days, at any size of the tables.

Asked as the application's role within a scope, as in `records/test_plans.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.integration.application import settings_for
from tests.integration.conftest import connect, run_statement
from tests.integration.plans import explained, nodes, rows
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.scope import Scope
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.reports.declared import REPORTS
from hastecrm.features.reports.domain import Report, wanted_of
from hastecrm.features.reports.statements import statement_of

ROWS = 120_000  # of each table, evenly over the days
DAYS = 1_000
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ANN, BEN = UUID(int=1), UUID(int=2)
PEOPLE = "INSERT INTO users (id, email, name) SELECT id, id::text, 'X' FROM unnest($1::uuid[]) AS t (id)"
MEMBERS = """
INSERT INTO memberships (workspace_id, user_id, role)
SELECT $2, id, 'member' FROM unnest($1::uuid[]) AS t (id)
"""
OWNER = "CASE WHEN n % 50 = 0 THEN $2::uuid WHEN n % 50 = 1 THEN $3::uuid END"
AT = f"$4::timestamptz - n * interval '{DAYS * 86_400 / ROWS} seconds'"
FILL = (
    f"""
INSERT INTO contacts (id, workspace_id, first_name, owner_id, source, created_at)
SELECT gen_random_uuid(), $1, 'N' || n, {OWNER}, CASE n % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'fair' END, {AT}
FROM generate_series(1, {ROWS}) AS n
""",
    f"""
INSERT INTO deals (id, workspace_id, pipeline_id, stage_id, title, position, value, probability, owner_id,
    close_date, status, won_reason, closed_at, created_at)
SELECT gen_random_uuid(), $1, s.pipeline_id, s.id, 'N' || n, 'a', n, s.probability, {OWNER},
    ({AT} + interval '500 days')::date, s.kind, CASE s.kind WHEN 'won' THEN 'x' END,
    CASE s.kind WHEN 'won' THEN {AT} + interval '9 days' END, {AT}
FROM generate_series(1, {ROWS}) AS n JOIN stages AS s ON s.workspace_id = $1 AND s.position = n % 5
""",
    """
INSERT INTO deal_totals (workspace_id, stage_id, status, currency, owner_id, deals, value, weighted)
SELECT workspace_id, stage_id, status, currency, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'),
    count(*), sum(value), sum(value * probability) FROM deals GROUP BY 1, 2, 3, 4, 5
""",
)
SMALL = {"stages", "pipelines", "deal_totals", "users"}  # few rows, however many records there are


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> Iterator[Postgres]:
    asyncio.run(_fill(postgres))
    yield postgres
    asyncio.run(run_statement(postgres, "DROP DATABASE reported WITH (FORCE)"))


async def _fill(postgres: Postgres) -> None:
    await run_statement(postgres, "CREATE DATABASE reported TEMPLATE migrated OWNER hastecrm")
    sql = await connect(postgres, "reported")
    await sql.execute(PEOPLE, [ANN, BEN])
    await sql.execute(MEMBERS, [ANN, BEN], DEFAULT_WORKSPACE)
    # What triggers do for each row is not looked at here; the sums are made at once.
    await sql.execute("SET session_replication_role = replica")
    for fill in FILL:
        values = [DEFAULT_WORKSPACE, ANN, BEN, NOW] if "$1" in fill else []
        await sql.execute(fill, *values)
    await sql.execute("VACUUM ANALYZE")
    await sql.close()


@pytest.fixture
async def store(filled: Postgres) -> AsyncIterator[Database]:
    database = Database.of(settings_for("api", filled.environment("reported"))[0], "api")
    await database.open()
    yield database
    await database.close()


async def plan(store: Database, report: Report, owners: list[UUID] | None, **query: str) -> Any:
    """Return what PostgreSQL did for a report."""
    scope = Scope(DEFAULT_WORKSPACE, owners, "member")
    statement, values = statement_of(report, scope, wanted_of(report, query, NOW))
    async with store.connection(scope) as connection:
        return await explained(connection, statement, *values)


def scans(part: Any) -> Iterator[Any]:
    for each in nodes(part):
        if "Relation Name" in each and each["Relation Name"] not in SMALL:
            yield each


def visited(found: Any) -> int:
    """How many rows of large tables were looked at."""
    return rows(scans(found))


MONTH = {"from": "2026-09-01", "to": "2026-09-30"}
OF_A_MONTH = ROWS * 30 // DAYS


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
async def test_a_report_reads_what_lies_in_its_days_and_nothing_else(store: Database, report: Report) -> None:
    found = await plan(store, report, None, **MONTH)

    assert visited(found) <= 3 * OF_A_MONTH, list(scans(found))
    assert not [each for each in scans(found) if each["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
async def test_whoever_sees_few_records_reads_few(store: Database, report: Report) -> None:
    found = await plan(store, report, [ANN], **MONTH)

    assert visited(found) <= 3 * OF_A_MONTH, list(scans(found))
    assert not [each for each in scans(found) if each["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
async def test_a_year_is_counted_from_indexes_alone(store: Database, report: Report) -> None:
    found = await plan(store, report, None)

    assert {each["Node Type"] for each in scans(found)} <= {"Index Only Scan", "Index Scan"}, list(
        scans(found)
    )
    assert not [each for each in scans(found) if each.get("Heap Fetches", 0) > 0]
