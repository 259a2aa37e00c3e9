"""Which changes of children are worth which hurry."""

from dataclasses import replace

import pytest

from hastecrm_operator.engine.children import Change, Child, ChildID, Children, Key
from hastecrm_operator.engine.claims import ClaimState
from hastecrm_operator.engine.facts import Facts, PodState, Rollout

KEY = Key("sales", "acme")
ROLLING = Rollout(desired=3, total=3, updated=2, ready=1, observed=True)
STARTING = PodState(component="api")


def record(facts: Facts, version: int = 1, owned: str = "ours") -> Child:
    return Child(ChildID("Deployment", "sales", "a"), KEY, "u", version, owned, deleting=False, facts=facts)


def changes(*records: Child) -> list[Change]:
    """Return what is told of one child that is seen in these forms, one after the other."""
    told: list[Change] = []
    children = Children(lambda _, change: told.append(change))
    for version, seen in enumerate(records):
        children.put(replace(seen, version=version))
    return told


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        pytest.param(ROLLING, replace(ROLLING, ready=2), Change.STIR, id="one more of several"),
        pytest.param(ROLLING, replace(ROLLING, updated=3, ready=3), Change.REPORT, id="the last of several"),
        pytest.param(replace(ROLLING, ready=0), ROLLING, Change.REPORT, id="the first of several"),
        pytest.param(ROLLING, replace(ROLLING, desired=4), Change.REPORT, id="another wish"),
        pytest.param(STARTING, replace(STARTING, node="n"), Change.STIR, id="a pod is placed"),
        pytest.param(STARTING, replace(STARTING, ready=True), Change.REPORT, id="a pod is ready"),
        pytest.param(STARTING, replace(STARTING, report="{}"), Change.REPORT, id="a pod reports"),
    ],
)
def test_what_no_step_waits_for_can_wait_itself(before: Facts, after: Facts, change: Change):
    assert changes(record(before), record(after))[1:] == [change]


def test_what_is_ours_and_differs_is_drift():
    assert changes(record(ROLLING), record(ROLLING, owned="edited"))[1:] == [Change.DRIFT]


@pytest.mark.parametrize("facts", [STARTING, None, ClaimState()], ids=["pod", "revision", "claim"])
def test_what_has_just_appeared_and_says_nothing_can_wait(facts: Facts):
    assert changes(record(facts, owned="")) == [Change.STIR]


@pytest.mark.parametrize("facts", [replace(STARTING, succeeded=True), ClaimState(bound=True)])
def test_what_has_just_appeared_and_says_something_is_a_report(facts: Facts):
    assert changes(record(facts, owned="")) == [Change.REPORT]


def test_what_was_ours_and_is_gone_is_drift():
    told: list[Change] = []
    children = Children(lambda _, change: told.append(change))
    children.put(record(ROLLING))

    children.remove(record(ROLLING).id, version=2)

    assert told[1:] == [Change.DRIFT]
