"""People with contacts and deals, scattered over two years: what reports are asked about."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.integration.people import person

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PIPELINE = """
WITH made AS (
    INSERT INTO pipelines (id, workspace_id, name, type) VALUES (gen_random_uuid(), $1, 'Partners', 'partner')
    RETURNING id
)
INSERT INTO stages (id, workspace_id, pipeline_id, name, position, probability, kind)
SELECT gen_random_uuid(), $1, made.id, kind, position, position * 20, kind
FROM made, (VALUES (0, 'open'), (1, 'lost'), (2, 'won')) AS stage (position, kind)
"""
CONTACT = """
INSERT INTO contacts (id, workspace_id, first_name, owner_id, source, created_at, deleted_at)
VALUES ($1, $2, 'Ada', $3, $4, $5, $6)
"""
DEAL = """
INSERT INTO deals (id, workspace_id, pipeline_id, stage_id, owner_id, title, position, value, currency,
    probability, close_date, status, won_reason, lost_reason, created_at, closed_at, deleted_at)
SELECT $1, workspace_id, pipeline_id, id, $3, 'A deal', 'a', $4, $5, $6, $7, $8,
    CASE $8 WHEN 'won' THEN 'x' END, CASE $8 WHEN 'lost' THEN 'x' END, $9, $10, $11
FROM stages WHERE id = $2
"""


class Chance:
    """Everything that is left to chance, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret

    def moment(self) -> datetime:
        """A moment of the last two years, often near a midnight somewhere."""
        day = NOW - timedelta(days=self.random.randrange(730))
        hours = self.random.choice([0, 5, 12, 18, 23])
        return day.replace(hour=hours, minute=self.random.choice([0, 14, 15, 45, 59]))

    def sometimes(self, value: Any, share: float = 0.1) -> Any:
        return value if self.random.random() < share else None


async def people(sql: Any) -> list[UUID]:
    """Three members, of whom one owns nothing."""
    return [(await person(sql, name)).id for name in ("Ann", "Ben", "Eve")]


async def fill(sql: Any, chance: Chance, members: Sequence[UUID]) -> None:
    """Add a few hundred records, a tenth of them in the trash."""
    owners = (*members[:2], None)
    await sql.execute(PIPELINE, DEFAULT_WORKSPACE)
    await contacts(sql, chance, owners)
    await deals(sql, chance, owners)


async def contacts(sql: Any, chance: Chance, owners: Sequence[UUID | None]) -> None:
    rows = []
    for _ in range(150):
        owner, source = chance.random.choice(owners), chance.random.choice(["referral", "web", None])
        rows.append((uuid4(), DEFAULT_WORKSPACE, owner, source, chance.moment(), chance.sometimes(NOW)))
    await sql.executemany(CONTACT, rows)


async def deals(sql: Any, chance: Chance, owners: Sequence[UUID | None]) -> None:
    stages = await sql.fetch("SELECT id, kind FROM stages WHERE workspace_id = $1", DEFAULT_WORKSPACE)
    pick, rows = chance.random.choice, []
    for _ in range(200):
        stage, begun = pick(stages), chance.moment()
        status = stage["kind"] if stage["kind"] != "open" else pick(["open", "open", "open", "won", "lost"])
        closed = None if status == "open" else begun + timedelta(minutes=chance.random.randrange(100_000))
        rows.append((
            uuid4(), stage["id"], pick(owners), chance.random.randrange(10**6) / 100, pick(["EUR", "USD"]),
            {"won": 100, "lost": 0}.get(status, pick([10, 33, 50])),
            chance.sometimes((NOW + timedelta(days=chance.random.randrange(-90, 400))).date(), 0.9),
            status, begun, closed, chance.sometimes(NOW),
        ))  # fmt: skip
    await sql.executemany(DEAL, rows)
