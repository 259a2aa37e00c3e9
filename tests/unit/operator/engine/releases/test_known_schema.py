"""The status tells the schema that the database has, whatever has become of the release that changed it."""

from tests.unit.operator.engine.conftest import World
from tests.unit.operator.engine.releases.test_release_path import (
    end,
    installed,
    judged,
    phase,
    roll_out,
    until_verifying,
)

__all__ = ["installed"]


async def test_a_release_that_was_taken_back_and_given_up_leaves_its_schema(installed: World):
    installed.pass_time(minutes=1)
    await until_verifying(installed)
    await end(installed, "analysis", judged("Fail", "JourneyFailed", "sign-in answered 500"))
    await roll_out(installed)
    assert phase(installed) == "RolledBack"
    await installed.apply()
    for _ in range(3):
        await installed.look()

    assert installed.status["phase"] == "Ready"
    assert installed.status["schema"] == {"version": 2, "compatibleFrom": 1}
