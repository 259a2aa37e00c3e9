"""The steps of a canary, whatever is seen in whatever order: in turn, each proven, and none left behind."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from tests.unit.operator.engine.releases.test_machine import (
    BAD,
    DONE,
    NEW,
    NOW,
    at,
    begun,
    looks,
    walk,
)

from hastecrm_operator.api.status import CanaryStatus
from hastecrm_operator.engine.releases.machine import Outcome, Phase, Sight, State, step
from hastecrm_operator.engine.releases.verdict import Way

STEPS = replace(NEW, needs_backup=False, migrates=False, steps=2, outcome=DONE)
PAUSE = STEPS.pause


def first_step() -> State:
    state = step(begun(), STEPS, NOW)
    assert (state.phase, state.canary) == (Phase.CANARY, CanaryStatus(step=1))
    return state


@given(looks)
def test_only_a_release_that_is_tried_or_rolled_out_has_a_canary(steps: list):
    for _, _, after, _ in walk(steps):
        assert (after.canary is not None) >= (after.phase == Phase.CANARY)
        if after.canary is not None:
            assert after.phase in {Phase.CANARY, Phase.ROLLING_OUT}


@given(looks)
def test_steps_come_in_turn_each_found_good_and_paused(steps: list):
    for before, seen, after, now in walk(steps):
        if after.phase != Phase.CANARY or after.canary == before.canary or after.canary is None:
            continue
        if before.phase != Phase.CANARY or before.canary is None:
            assert after.canary == CanaryStatus(step=1)
            continue
        assert seen.outcome.done
        if after.canary.step != before.canary.step:
            assert after.canary == CanaryStatus(step=before.canary.step + 1)
            assert now - datetime.fromisoformat(before.canary.passed_at or "") >= seen.pause


@given(looks)
def test_nothing_is_rolled_out_before_its_last_step_is_over(steps: list):
    for before, seen, after, now in walk(steps):
        if (before.phase, after.phase) == (Phase.CANARY, Phase.ROLLING_OUT) and seen.steps:
            assert before.canary is not None
            assert before.canary.step >= seen.steps
            assert now - datetime.fromisoformat(before.canary.passed_at or "") >= seen.pause


@given(looks)
def test_a_canary_that_fails_always_goes_back(steps: list):
    for before, _, after, _ in walk(steps):
        if before.phase == Phase.CANARY and after.rejected != before.rejected:
            assert after.phase == Phase.ROLLING_BACK


def test_each_step_waits_for_its_pods_and_its_pause():
    state = first_step()
    assert step(state, replace(STEPS, outcome=Outcome()), NOW) == state
    passed = step(state, STEPS, NOW)
    assert passed.canary == CanaryStatus(step=1, passed_at="2026-01-01T00:00:00Z")
    assert step(passed, STEPS, NOW + PAUSE - timedelta(seconds=1)) == passed
    second = step(passed, STEPS, NOW + PAUSE)
    assert second.canary == CanaryStatus(step=2)
    last = step(step(second, STEPS, NOW), STEPS, NOW + PAUSE)

    assert (last.phase, last.canary and last.canary.step) == (Phase.ROLLING_OUT, 2)
    assert step(last, STEPS, NOW).canary is None


def test_a_pause_is_no_delay_and_pods_that_are_lost_in_it_are_waited_for():
    passed = step(first_step(), replace(STEPS, pause=timedelta(hours=1)), NOW)
    lost = replace(STEPS, pause=timedelta(hours=1), outcome=Outcome())

    assert step(passed, lost, NOW + timedelta(hours=1)) == passed
    late = step(passed, lost, NOW + timedelta(hours=1) + lost.deadline)
    assert (late.phase, late.rejected[0].reason) == (Phase.ROLLING_BACK, "ProgressDeadlineExceeded")


@pytest.mark.parametrize(
    "seen",
    [{"way": Way.FREEZE}, {"way": Way.NEEDS_RESTORE}, {"auto_rollback": False}],
    ids=["freeze", "restore", "switched off"],
)
def test_no_pod_of_the_release_before_was_touched_so_it_goes_back_whatever_was_migrated(seen: dict):
    state = step(first_step(), replace(STEPS, outcome=BAD, **seen), NOW)

    assert (state.phase, state.revision, state.canary) == (Phase.ROLLING_BACK, 7, None)


def test_steps_that_are_no_longer_asked_for_end_unless_they_have_shown_a_fault():
    plain: Sight = replace(STEPS, steps=0, outcome=Outcome())

    assert step(first_step(), plain, NOW).phase == Phase.ROLLING_OUT
    assert step(first_step(), replace(plain, outcome=BAD), NOW).phase == Phase.ROLLING_BACK


def test_without_its_step_in_the_status_a_release_is_rolled_out():
    # The definition may be that of an operator that knew no steps: it keeps none.
    assert step(at(Phase.CANARY), replace(STEPS, outcome=Outcome()), NOW).phase == Phase.ROLLING_OUT


def test_fewer_steps_end_a_canary_that_is_beyond_them():
    state = at(Phase.CANARY).model_copy(
        update={"canary": CanaryStatus(step=3, passed_at="2026-01-01T00:00:00Z")}
    )

    assert step(state, STEPS, NOW + PAUSE).phase == Phase.ROLLING_OUT
