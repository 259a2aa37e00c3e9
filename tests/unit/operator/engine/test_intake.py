"""News arrives from two watches; each makes its object looked at once, as urgently as it deserves."""

import asyncio
import copy
from typing import Any

import pytest

from hastecrm_operator.engine.children import Change, Key
from hastecrm_operator.engine.comparison import Comparison
from hastecrm_operator.engine.intake import Intake
from hastecrm_operator.engine.objects import Objects
from hastecrm_operator.engine.queue import Priority, WorkQueue
from hastecrm_operator.engine.stores import ObjectStore
from hastecrm_operator.telemetry.metrics import Metrics

KEY = Key("sales", "acme")
Body = dict[str, Any]


def body(version: int = 1, uid: str = "u", **spec: Any) -> Body:
    meta = {"name": "acme", "namespace": "sales", "uid": uid, "resourceVersion": str(version)}
    return {"metadata": meta, "spec": {"version": "0.1.0", **spec}}


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def intake(clock: Clock) -> Intake:
    return Intake(Objects(), WorkQueue[Key](), Comparison(clock), Metrics())


async def next_look(intake: Intake) -> Priority:
    turn = await asyncio.wait_for(intake.queue.take(), 1)
    intake.queue.done(turn.key)
    return turn.priority


async def test_a_change_told_twice_is_looked_at_once(intake: Intake):
    intake.seen(body(), listed=False)
    intake.observe("ADDED", body())

    assert await next_look(intake) == Priority.USER
    assert len(intake.queue) == 0


async def test_what_was_there_at_the_start_is_no_change_of_a_person(intake: Intake):
    intake.observe(None, body())
    intake.seen(body(), listed=True)

    assert await next_look(intake) == Priority.RESYNC


async def test_our_own_status_is_no_news(intake: Intake):
    intake.observe("ADDED", body())
    await next_look(intake)
    intake.objects.put({**body(2), "status": {"phase": "Ready"}})

    intake.observe("MODIFIED", {**body(2), "status": {"phase": "Ready"}})

    assert len(intake.queue) == 0


async def test_a_status_that_somebody_else_wrote_is_looked_at(intake: Intake):
    intake.observe("ADDED", body())
    await next_look(intake)

    intake.observe("MODIFIED", {**body(2), "status": {"phase": "Nonsense"}})

    assert await next_look(intake) == Priority.CHILD


async def test_an_old_deletion_does_not_hit_an_object_that_was_made_again(intake: Intake):
    intake.seen(body(5, uid="new"), listed=False)

    intake.observe("DELETED", body(3, uid="old"))

    assert KEY in intake.objects


async def test_what_is_told_late_of_a_deleted_object_brings_it_not_back(intake: Intake):
    intake.seen(body(1), listed=False)
    intake.gone(body(3))

    intake.observe("MODIFIED", body(2, paused=True))

    assert KEY not in intake.objects


async def test_a_deletion_that_no_watch_told_of_is_noticed_by_the_next_list(intake: Intake):
    store = ObjectStore(intake)
    store.put(body())

    store.keep_only(set(), version=9)

    assert KEY not in intake.objects


async def test_a_list_of_one_namespace_says_nothing_about_others(intake: Intake):
    intake.seen(body(), listed=False)

    ObjectStore(intake, "marketing").keep_only(set(), version=9)

    assert KEY in intake.objects


async def test_drift_is_looked_at_at_once_and_reports_are_gathered(intake: Intake):
    intake.observe("ADDED", body())
    await next_look(intake)

    intake.child_changed(KEY, Change.REPORT)
    waiting = len(intake.queue)
    intake.child_changed(KEY, Change.DRIFT)

    assert (waiting, len(intake.queue)) == (0, 1)


async def test_children_of_unknown_objects_wake_nobody(intake: Intake):
    intake.child_changed(Key("sales", "other"), Change.DRIFT)

    assert len(intake.queue) == 0


async def test_what_kopf_keeps_from_us_shows_as_its_lag(intake: Intake, clock: Clock):
    intake.observe("ADDED", body(1))
    intake.seen(body(2, paused=True), listed=False)
    clock.time = 70

    lag = intake.comparison.lag()
    intake.observe("MODIFIED", body(3, paused=True))

    assert lag == 70
    assert intake.comparison.lag() == 0


async def test_an_object_that_is_gone_shows_in_no_metric(intake: Intake):
    intake.observe("ADDED", body())
    intake.metrics.objects.set("sales", "acme", "Ready", {"Ready": "True"})
    before = list(intake.metrics.objects.lines())

    intake.observe("DELETED", body(2))

    assert (
        'hastecrm_status_condition{namespace="sales",name="acme",condition="Ready",status="true"} 1\n'
        in before
    )
    assert 'hastecrm_status_phase{namespace="sales",name="acme",phase="Ready"} 1\n' in before
    assert not [line for line in intake.metrics.objects.lines() if "acme" in line]


def test_a_body_comes_back_without_what_nobody_reads():
    objects, full = Objects(), body(7)
    full["metadata"] |= {
        "managedFields": [{}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"},
    }
    expected = copy.deepcopy(full)
    del expected["metadata"]["managedFields"]
    expected["metadata"]["annotations"] = {"a": "b"}

    objects.put(full)

    assert objects.get(KEY) == expected
