"""How the newest restore ended is told as metrics."""

from tests.unit.operator.engine.conftest import KEY
from tests.unit.operator.engine.restores.conftest import Restoring

from hastecrm_operator.engine.kinds import HASTECRM_RESTORE
from hastecrm_operator.telemetry.objects import ObjectGauges
from hastecrm_operator.telemetry.restores import Ended

WHO = 'namespace="sales",name="acme"'


async def told(restoring: Restoring) -> Ended | None:
    return (await restoring.look()).restore


def lines(*told: Ended | None) -> set[str]:
    """Return what is exposed once all of this has been told of acme, one after the other."""
    gauges = ObjectGauges()
    for ended in told:
        gauges.restores.set("sales", "acme", ended)
    return {line.strip() for line in gauges.lines() if line.startswith("hastecrm_restore_")}


async def test_a_restore_that_is_done_tells_how_long_it_took_and_kept_people_waiting(restoring: Restoring):
    await restoring.restore()
    assert await told(restoring) is None
    restoring.pass_time(minutes=2)
    await restoring.does("check", "load", "verify", "swap")

    ended = await told(restoring)
    assert ended is not None
    assert (ended.result, ended.reason, ended.duration, ended.outage) == ("Complete", "Restored", 120.0, 0.85)


async def test_of_several_the_newest_end_counts(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify", "swap")
    restoring.pass_time(hours=1)
    await restoring.restore("again")
    await restoring.fails("check", "DumpTooNew", "again")

    ended = await told(restoring)
    assert ended is not None
    assert (ended.result, ended.reason, ended.outage) == ("Failed", "DumpTooNew", None)


async def test_an_undo_is_told_and_so_is_one_that_fails(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify", "swap")
    restoring.wish(undo=True)
    await restoring.look()
    await restoring.fails("undo", "DatabaseBusy")

    ended = await told(restoring)
    assert ended is not None
    assert (ended.result, ended.reason) == ("Complete", "UndoFailed")


async def test_nothing_is_told_of_a_restore_whose_object_is_gone(restoring: Restoring):
    await restoring.restore()
    await restoring.fails("check", "DumpTooNew")
    restoring.cluster.vanish(HASTECRM_RESTORE, KEY.namespace, "back")

    assert await told(restoring) is None


def test_what_is_known_is_exposed_and_nothing_else():
    assert lines(Ended("Failed", "KeyWrong", 1767232800.0, 12.5, None)) == {
        f'hastecrm_restore_result{{{WHO},result="Failed",reason="KeyWrong"}} 1',
        f"hastecrm_restore_finished_timestamp_seconds{{{WHO}}} 1767232800",
        f"hastecrm_restore_duration_seconds{{{WHO}}} 12.5",
    }


def test_what_was_told_before_is_forgotten():
    before = Ended("Failed", "KeyWrong", 1.0, 12.5, 0.4)

    assert lines(before, None) == set()
