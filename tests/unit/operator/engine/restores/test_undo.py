"""What was replaced can be put back while the window is open, and is dropped when it has closed."""

import pytest
from tests.unit.operator.engine.restores.conftest import Restoring


@pytest.fixture
async def complete(restoring: Restoring) -> Restoring:
    """A restore that is done, and can be undone for a day."""
    await restoring.restore()
    await restoring.does("check", "load", "verify", "swap")
    return restoring


async def test_it_says_until_when_it_can_be_undone(complete: Restoring):
    assert complete.restored()["undoUntil"] == "2026-01-02T00:00:00Z"

    complete.wish(undoWindow="2d")
    await complete.look()

    assert complete.restored()["undoUntil"] == "2026-01-03T00:00:00Z"


async def test_undone_it_is_as_before(complete: Restoring):
    complete.wish(undo=True)
    await complete.look()

    assert complete.restored()["phase"] == "Complete"
    assert complete.ready()["reason"] == "Undoing"
    arguments = complete.arguments("undo")
    assert arguments[0] == "swap"
    assert arguments[2].startswith("hastecrm_before_")
    assert arguments[4].startswith("hastecrm_undone_")
    assert arguments[5] == "--undo"
    await complete.does("undo")

    assert complete.restored()["phase"] == "Undone"
    assert complete.restored()["replaced"] == "hastecrm_undone_x"


async def test_it_can_be_undone_though_the_report_of_the_swap_was_lost(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify")
    await restoring.end(restoring.job("swap"), "")
    await restoring.look()

    assert restoring.restored()["replaced"] == restoring.arguments("swap")[-1]


async def test_when_the_window_closes_the_former_data_is_dropped(complete: Restoring):
    complete.pass_time(hours=23)
    result = await complete.look()
    assert not complete.has_job("forget")
    assert result.look_again is not None
    assert result.look_again <= 3602

    complete.pass_time(hours=2)
    await complete.look()
    assert complete.arguments("forget")[2].startswith("hastecrm_before_")
    await complete.does("forget")

    assert "replaced" not in complete.restored()
    assert "undoUntil" not in complete.restored()
    assert complete.restored()["phase"] == "Complete"


async def test_after_the_window_an_undo_is_told_to_be_too_late(complete: Restoring):
    complete.pass_time(hours=25)
    await complete.look()
    await complete.does("forget")
    complete.wish(undo=True)
    await complete.look()

    assert complete.restored()["phase"] == "Complete"
    assert complete.ready()["reason"] == "UndoTooLate"
    assert not complete.has_job("undo")


async def test_what_was_undone_is_dropped_as_well(complete: Restoring):
    complete.wish(undo=True)
    await complete.look()
    await complete.does("undo")
    complete.pass_time(hours=25)
    await complete.look()

    assert complete.arguments("undone")[2].startswith("hastecrm_undone_")
    await complete.does("undone")
    assert "replaced" not in complete.restored()
    assert complete.restored()["phase"] == "Undone"


async def test_an_undo_that_fails_says_so_and_is_tried_again(complete: Restoring):
    complete.wish(undo=True)
    await complete.look()
    await complete.fails("undo", "DatabaseBusy")

    assert complete.restored()["phase"] == "Complete"
    assert (complete.ready()["reason"], complete.ready()["message"]) == ("UndoFailed", "it is DatabaseBusy")
    complete.pass_time(hours=3)
    await complete.look()
    await complete.look()

    assert complete.has_job("undo")
    assert complete.ready()["reason"] == "Undoing"


async def test_a_deleted_restore_drops_what_it_kept_before_it_goes(complete: Restoring):
    assert complete.finalizers() == ["hastecrm.io/restore"]
    await complete.delete()

    assert complete.finalizers() == ["hastecrm.io/restore"]
    await complete.does("forget")

    assert complete.finalizers() == []


async def test_a_restore_that_is_deleted_at_work_ends_and_drops_its_database(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check")
    await restoring.delete()

    assert not restoring.has_job("load")
    assert not restoring.has_job("clean")
    await restoring.look()
    assert restoring.has_job("clean")
    await restoring.does("clean")

    assert restoring.finalizers() == []


async def test_a_swap_that_has_begun_is_finished_before_a_deleted_restore_goes(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify")
    await restoring.delete()

    assert restoring.has_job("swap")
    await restoring.does("swap")

    assert restoring.restored()["phase"] == "Complete"
    assert restoring.has_job("forget")


async def test_a_restore_that_never_began_goes_at_once(restoring: Restoring):
    await restoring.restore(spec={"source": {"backup": "missing"}})

    assert restoring.finalizers() == []
