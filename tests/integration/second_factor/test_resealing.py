"""A second factor outlives the key that sealed it."""

from typing import Any

from tests.integration.accounts.clients import account
from tests.integration.application import settings_for
from tests.integration.servers import Postgres

from hastecrm.core.sealing import Sealer
from hastecrm.features.second_factor.domain import place_of
from hastecrm.features.second_factor.resealing import SealAgain
from hastecrm.main.worker import kinds, schedules

OLD = "the-secret-key-before-the-rotation-0123456789"
NEW = "the-secret-key-after-the-rotation-abcdefghijk"


def sealer(postgres: Postgres, database: str, key: str, previous: str = "") -> Sealer:
    keys = {"HASTECRM_SECRET_KEY": key, **({"HASTECRM_SECRET_KEY_PREVIOUS": previous} if previous else {})}
    return Sealer.of(settings_for("api", {**postgres.environment(database), **keys})[0])


async def test_what_the_previous_key_sealed_is_sealed_with_the_current_one(
    postgres: Postgres, database: str, sql: Any
) -> None:
    ada = (await account(sql)).id
    place = place_of(ada)
    before = sealer(postgres, database, OLD).seal(b"a secret of twenty b", place)
    await sql.execute("INSERT INTO second_factors (user_id, secret) VALUES ($1, $2)", ada, before)
    job = SealAgain(sealer(postgres, database, NEW, OLD))

    handled = [await job(sql), await job(sql)]

    assert handled == [1, 0]
    stored = await sql.fetchval("SELECT secret FROM second_factors WHERE user_id = $1", ada)
    assert sealer(postgres, database, NEW).open(stored, place) == b"a secret of twenty b"


async def test_it_runs_by_itself_while_there_is_a_previous_key(postgres: Postgres, database: str) -> None:
    calm = settings_for("worker", postgres.environment(database))[0]
    rotating = settings_for(
        "worker", {**postgres.environment(database), "HASTECRM_SECRET_KEY_PREVIOUS": OLD}
    )[0]

    def runs(settings: Any) -> tuple[bool, bool]:
        known = {kind.name for kind in kinds(settings)}
        planned = {schedule.kind for schedule in schedules(settings)}
        return "seal_second_factors" in known, "seal_second_factors" in planned

    assert (runs(calm), runs(rotating)) == ((False, False), (True, True))
