"""The numbers of every report are those that one gets by counting, whoever asks and whatever for."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.integration.application import settings_for
from tests.integration.reports.naive import NAIVE, Tables
from tests.integration.reports.world import NOW, Chance, fill, people
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.scope import Scope
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.reports.declared import REPORTS
from hastecrm.features.reports.domain import Period, Report, wanted_of
from hastecrm.features.reports.repository import Reports

ZONES = ("UTC", "Europe/Vienna", "America/St_Johns", "Asia/Kathmandu")
STAGES = """
SELECT p.id AS pipeline_id, p.name AS pipeline, s.id AS stage_id, s.name AS stage, s.kind, s.probability,
    s.position FROM stages AS s JOIN pipelines AS p ON p.id = s.pipeline_id WHERE p.deleted_at IS NULL
"""
TABLES = ("contacts", "deals")


@pytest.fixture
async def store(postgres: Postgres, own_database: str) -> AsyncIterator[Database]:
    database = Database.of(settings_for("api", postgres.environment(own_database))[0], "api")
    await database.open()
    yield database
    await database.close()


async def everything(sql: Any) -> dict[str, Any]:
    """Every row of every table that reports count, as a superuser sees it."""
    rows = {table: [dict(row) for row in await sql.fetch(f"SELECT * FROM {table}")] for table in TABLES}
    return {**rows, "stages": [dict(row) for row in await sql.fetch(STAGES)]}


def query(
    chance: Chance, report: Report, members: Sequence[UUID], pipelines: Sequence[UUID]
) -> dict[str, str]:
    """A query that this report takes, of any kind."""
    days = sorted(chance.moment().date().isoformat() for _ in range(2))
    if report.is_ahead:
        days = ["2026-09-03", "2027-05-12"]
    every = {
        "from": days[0], "to": days[1], "timezone": chance.random.choice(ZONES),
        "period": chance.random.choice(list(Period)), "pipeline": str(chance.random.choice(pipelines)),
        "owner": chance.random.choice([str(members[0]), str(members[2]), "none"]),
    }  # fmt: skip
    rare = ("pipeline", "owner")
    return {
        name: value
        for name, value in every.items()
        if name in report.takes and chance.random.random() < (0.25 if name in rare else 0.75)
    }


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
async def test_a_report_says_what_counting_says(store: Database, own_sql: Any, report: Report) -> None:
    chance, members = Chance(7), await people(own_sql)
    await fill(own_sql, chance, members)
    rows = await everything(own_sql)
    pipelines = sorted({stage["pipeline_id"] for stage in rows["stages"]})
    told = 0

    for _ in range(60):
        owners = chance.random.choice([None, None, [members[0]], members[:2], [members[2]], []])
        asked = query(chance, report, members, pipelines)
        wanted = wanted_of(report, asked, NOW)
        found = await Reports(store).rows(Scope(DEFAULT_WORKSPACE, owners, "member"), report, wanted)
        assert found == NAIVE[report](Tables(rows, owners, wanted)), (asked, owners)
        told += len(found)
    assert told > 100
