"""The release machine, whatever is seen in whatever order: nothing is skipped, forgotten or tried twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm_operator.engine.releases.machine import (
    FORWARD,
    START,
    UNDER_WAY,
    Goal,
    Outcome,
    Phase,
    Recorded,
    Sight,
    State,
    advance,
    deadline,
    step,
)
from hastecrm_operator.engine.releases.rejection import Failure, attempt
from hastecrm_operator.engine.releases.verdict import Way

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DONE = Outcome(done=True)
BAD = Outcome(failure=Failure("JourneyFailed", "sign-in answered 500"))
RUNNING = Recorded(7, "old")
FIRST = {Phase.PLANNING, Phase.BACKING_UP}
NEW = Sight(Goal("new", "2.0"), RUNNING, newest=7, needs_backup=True)

outcomes = st.sampled_from([Outcome(), DONE, BAD])
goals = st.builds(Goal, st.sampled_from(["old", "new", "newer"]), st.just("2.0"), st.none()) | st.just(
    Goal("older", "1.0", revision=6)
)
sights = st.builds(
    Sight,
    goal=goals,
    current=st.just(RUNNING),
    newest=st.just(7),
    retry=st.sampled_from(["", "again"]),
    held=st.booleans(),
    asleep=st.sampled_from([False, False, False, True]),
    outcome=outcomes,
    needs_backup=st.booleans(),
    migrates=st.booleans(),
    way=st.sampled_from(Way),
    way_to_goal=st.sampled_from(Way),
    auto_rollback=st.booleans(),
    steps=st.sampled_from([0, 1, 3]),
)
looks = st.lists(st.tuples(sights, st.integers(0, 900)), max_size=40)


def walk(steps: list[tuple[Sight, int]]) -> list[tuple[State, Sight, State, datetime]]:
    """Return each step that the machine takes: from where, on which sight, to where, and when."""
    state, now, taken = START, NOW, []
    for imagined, passed in steps:
        now += timedelta(seconds=passed)
        seen = consistent(state, imagined)
        following = step(state, seen, now)
        taken.append((state, seen, following, now))
        state = following
    return taken


def consistent(state: State, seen: Sight) -> Sight:
    """Return the sight with the revision that runs in such a state."""
    if state.phase == Phase.ROLLED_BACK and state.revision == 6:
        return replace(seen, current=Recorded(6, "older"))
    if state.phase == Phase.PROMOTED:
        return replace(seen, current=Recorded(state.revision or 0, state.target or ""), newest=state.revision)
    return seen


def begun(**seen: object) -> State:
    return step(START, replace(NEW, **seen), NOW)


def at(phase: Phase) -> State:
    return begun().model_copy(update={"phase": phase})


@given(looks)
def test_nothing_is_promoted_that_was_not_verified(steps: list):
    for before, seen, after, _ in walk(steps):
        if after.phase == Phase.PROMOTED and before.phase != Phase.PROMOTED:
            assert before.phase == Phase.VERIFYING
            assert seen.outcome.done
            assert after.target == before.target == seen.goal.target


@given(looks)
def test_nothing_is_rolled_out_before_it_was_planned_and_migrated(steps: list):
    before_that = {
        Phase.PLANNING: {*Phase},
        Phase.BACKING_UP: {Phase.PLANNING},
        Phase.MIGRATING: {Phase.PLANNING, Phase.BACKING_UP},
        Phase.CANARY: {Phase.PLANNING, Phase.BACKING_UP, Phase.MIGRATING},
        Phase.ROLLING_OUT: {Phase.PLANNING, Phase.BACKING_UP, Phase.MIGRATING, Phase.CANARY},
        Phase.VERIFYING: {Phase.ROLLING_OUT},
    }
    for before, seen, after, _ in walk(steps):
        if after.phase in before_that and after.phase != before.phase:
            assert before.phase in before_that[Phase(after.phase)]
            if after.phase in {Phase.CANARY, Phase.ROLLING_OUT} and before.phase in FIRST:
                assert not seen.migrates


@given(looks)
def test_a_rejected_attempt_is_never_begun_again(steps: list):
    for before, seen, after, _ in walk(steps):
        if after.phase == Phase.PLANNING and (before.phase, before.target) != (after.phase, after.target):
            tried = attempt(after.target or "", seen.retry)
            assert tried not in {entry.hash for entry in after.rejected}


@given(looks)
def test_a_state_can_be_written_down_and_read_again(steps: list):
    for _, _, after, _ in walk(steps):
        assert State.model_validate_json(after.model_dump_json(by_alias=True)) == after


@given(looks)
def test_the_memory_of_what_failed_is_bounded(steps: list):
    for _, _, after, _ in walk(steps):
        assert len(after.rejected) <= 10


@given(looks, sights)
def test_every_phase_ends_by_its_deadline(steps: list, seen: Sight):
    taken = walk(steps)
    state = taken[-1][2] if taken else START
    still = replace(seen, asleep=False, outcome=Outcome())
    if state.phase in UNDER_WAY:
        late = datetime.fromisoformat(state.phase_started_at or "") + deadline(state, still)

        assert step(state, still, late).phase != state.phase or state.phase == Phase.PLANNING


@given(looks, sights)
def test_it_comes_to_rest_on_whatever_is_seen(steps: list, seen: Sight):
    taken = walk(steps)
    state = advance(taken[-1][2] if taken else START, lambda now: consistent(now, seen), LATER)

    assert step(state, consistent(state, seen), LATER) == state


@given(looks)
def test_a_running_migration_is_never_left_alone(steps: list):
    for before, seen, after, now in walk(steps):
        if before.phase == Phase.MIGRATING and after.phase != Phase.MIGRATING and not seen.asleep:
            started = datetime.fromisoformat(before.phase_started_at or "")
            ended = seen.outcome.done or seen.outcome.failure
            assert ended or now - started >= deadline(before, seen)


@given(looks)
def test_pods_go_back_by_themselves_only_where_that_is_safe(steps: list):
    for before, seen, after, _ in walk(steps):
        failed = (
            before.phase in {Phase.ROLLING_OUT, Phase.VERIFYING}
            and len(after.rejected)
            and (after.rejected != before.rejected)
        )
        if failed and after.phase == Phase.ROLLING_BACK:
            assert seen.way == Way.SAFE
            assert seen.auto_rollback


def test_a_release_goes_through_every_phase():
    seen, state, phases = replace(NEW, outcome=DONE), START, []
    for _ in range(6):
        state = step(state, seen, NOW)
        phases.append(state.phase)

    assert phases == ["Planning", "BackingUp", "Migrating", "RollingOut", "Verifying", "Promoted"]
    assert (state.revision, state.target, state.version) == (8, "new", "2.0")


def test_what_migrates_nothing_is_rolled_out_at_once():
    state = step(begun(), replace(NEW, needs_backup=False, migrates=False, outcome=DONE), NOW)

    assert state.phase == Phase.ROLLING_OUT


@pytest.mark.parametrize("phase", sorted(FORWARD))
def test_a_failure_leads_back_to_the_revision_that_ran(phase: Phase):
    state = step(at(phase), replace(NEW, outcome=BAD), NOW)
    done = step(state, replace(NEW, outcome=DONE), NOW)

    assert (state.phase, state.revision) == (Phase.ROLLING_BACK, 7)
    assert (state.rejected[0].hash, state.rejected[0].reason) == ("new", "JourneyFailed")
    assert done.phase == Phase.ROLLED_BACK
    assert step(done, replace(NEW, outcome=DONE), LATER) == done


@pytest.mark.parametrize(
    "unsafe",
    [{"way": Way.FREEZE}, {"way": Way.NEEDS_RESTORE}, {"auto_rollback": False}],
    ids=["freeze", "restore", "switched off"],
)
def test_what_cannot_go_back_by_itself_is_frozen(unsafe: dict):
    state = step(at(Phase.VERIFYING), replace(NEW, outcome=BAD, **unsafe), NOW)

    assert (state.phase, state.revision) == (Phase.FROZEN, 8)


def test_going_back_in_vain_is_tried_again_after_a_while():
    wanted = replace(NEW, goal=Goal("old", "1.0"))
    vain = step(step(at(Phase.FROZEN), wanted, NOW), replace(wanted, outcome=BAD), NOW)

    assert (vain.phase, vain.revision) == (Phase.FROZEN, 7)
    assert step(vain, wanted, NOW) == vain
    assert step(vain, wanted, NOW + NEW.deadline).phase == Phase.ROLLING_BACK


def test_another_value_of_the_annotation_tries_again():
    failed = step(at(Phase.VERIFYING), replace(NEW, outcome=BAD), NOW)
    back = step(failed, replace(NEW, outcome=DONE), NOW)

    assert step(back, replace(NEW, retry="now"), NOW).phase == Phase.PLANNING


def test_a_rejected_spec_that_comes_back_is_refused_without_touching_a_pod():
    failed = step(at(Phase.VERIFYING), replace(NEW, outcome=BAD), NOW)
    good = replace(NEW, goal=Goal("old", "1.0"), outcome=DONE)
    idle = advance(failed, lambda _: good, NOW)
    again = advance(idle, lambda _: replace(NEW, outcome=DONE), NOW)

    assert idle.phase == Phase.IDLE
    assert again.phase == Phase.ROLLED_BACK
    assert again.rejected[0].reason == "JourneyFailed"


def test_a_newer_spec_supersedes_what_is_rolled_out():
    state = step(at(Phase.ROLLING_OUT), replace(NEW, goal=Goal("newer", "3.0")), NOW)

    assert (state.phase, state.target, state.version) == (Phase.PLANNING, "newer", "3.0")


def test_a_release_that_is_withdrawn_goes_back_and_is_not_held_against_it():
    withdrawn = replace(NEW, goal=Goal("old", "1.0"))
    state = step(at(Phase.ROLLING_OUT), withdrawn, NOW)
    rested = advance(state, lambda _: replace(withdrawn, outcome=DONE), NOW)

    assert (state.phase, state.rejected) == (Phase.ROLLING_BACK, ())
    assert rested.phase == Phase.IDLE


def test_the_first_installation_is_promoted_when_everything_runs():
    first = Sight(Goal("new", "1.0"), None)

    assert step(START, first, NOW) == START
    state = step(START, replace(first, outcome=DONE), NOW)
    assert (state.phase, state.revision) == (Phase.PROMOTED, 1)
    assert step(state, replace(first, current=None, outcome=DONE), NOW).revision == 1


def test_a_rollback_on_request_runs_the_revision_and_stays():
    asked = replace(NEW, goal=Goal("older", "1.0", revision=6))
    state = step(START, asked, NOW)
    done = step(state, replace(asked, outcome=DONE), NOW)

    assert (state.phase, state.revision) == (Phase.ROLLING_BACK, 6)
    assert done.phase == Phase.ROLLED_BACK
    assert step(done, replace(asked, current=Recorded(6, "older")), NOW) == done


def test_a_rollback_on_request_that_is_not_safe_is_not_begun():
    asked = replace(NEW, goal=Goal("older", "1.0", revision=6), way_to_goal=Way.FREEZE)

    assert step(START, asked, NOW) == START


def test_a_release_that_falls_asleep_begins_anew_when_it_wakes():
    asleep = step(at(Phase.VERIFYING), replace(NEW, asleep=True), NOW)

    assert asleep.phase == Phase.IDLE
    assert step(asleep, NEW, LATER).phase == Phase.PLANNING


def test_nothing_begins_outside_its_window():
    assert step(START, replace(NEW, held=True), NOW) == START
