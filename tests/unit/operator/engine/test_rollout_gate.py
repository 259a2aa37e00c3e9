"""When pods may be replaced, as a table; and what people are told when they may not."""

from datetime import UTC, datetime

import pytest

from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.rollout_gate import (
    MAINTENANCE_WINDOW,
    NEW_RENDER,
    Terms,
    Waiter,
    pending,
    reason_to_wait,
)
from hastecrm_operator.resources.revision import Revision

API = "Deployment/acme-api"
OLD = Revision("old", {"spec": "1", "acme-keys/secretKey": "a"}, rollout="monday", adopt="monday")
RENDERED = Revision("new", OLD.inputs, rollout="monday", adopt="monday")
CHANGED = Revision("new", {**OLD.inputs, "spec": "2"}, rollout="monday", adopt="monday")
ROTATED = Revision("new", {**OLD.inputs, "acme-keys/secretKey": "b"}, rollout="monday", adopt="monday")
ANYTIME = Terms()
CLOSED = Terms(windows=True, next_window=datetime(2026, 6, 6, 2, tzinfo=UTC))
OPEN = Terms(windows=True, window_open=True)
DOWN = Terms(windows=True, troubled=frozenset({API}))
OTHER_DOWN = Terms(windows=True, troubled=frozenset({"Deployment/acme-web"}))


def live(revision: Revision | None = OLD, template: str = "old", desired: int = 2) -> Rollout:
    return Rollout(desired=desired, revision=revision.text() if revision else "", template=template)


@pytest.mark.parametrize(
    ("wanted", "terms", "expected"),
    [
        pytest.param(OLD, CLOSED, "", id="the same pods"),
        pytest.param(CHANGED, ANYTIME, "", id="a person's change without windows"),
        pytest.param(CHANGED, OPEN, "", id="a person's change in a window"),
        pytest.param(CHANGED, CLOSED, MAINTENANCE_WINDOW, id="a person's change outside a window"),
        pytest.param(ROTATED, CLOSED, MAINTENANCE_WINDOW, id="a new secret outside a window"),
        pytest.param(CHANGED, DOWN, "", id="a repair of what is down"),
        pytest.param(CHANGED, OTHER_DOWN, "", id="a repair while another tier is down"),
        pytest.param(RENDERED, ANYTIME, NEW_RENDER, id="a new render without windows"),
        pytest.param(RENDERED, CLOSED, NEW_RENDER, id="a new render outside a window"),
        pytest.param(RENDERED, OPEN, "", id="a new render in a window"),
        pytest.param(RENDERED, DOWN, "", id="a new render of what is down"),
        pytest.param(RENDERED, OTHER_DOWN, NEW_RENDER, id="a new render while another tier is down"),
        pytest.param(CHANGED, Terms(windows=True, urgent=True), "", id="a step that must be finished"),
    ],
)
def test_pods_wait_for_what_they_must(wanted: Revision, terms: Terms, expected: str):
    assert reason_to_wait(API, live(), wanted, terms) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"rollout": "tuesday"}, "", id="a new request to roll"),
        pytest.param({"rollout": ""}, MAINTENANCE_WINDOW, id="a request that was taken back"),
        pytest.param({"rollout": "monday"}, MAINTENANCE_WINDOW, id="a request that was heard before"),
        pytest.param({"adopt": "tuesday"}, MAINTENANCE_WINDOW, id="a request to adopt is about renders only"),
    ],
)
def test_a_request_lets_a_change_go_once(asked: dict, expected: str):
    wanted = Revision("new", CHANGED.inputs, **{"rollout": "monday", "adopt": "monday", **asked})

    assert reason_to_wait(API, live(), wanted, CLOSED) == expected


@pytest.mark.parametrize("asked", ["adopt", "rollout"])
def test_a_request_lets_a_new_render_go(asked: str):
    wanted = Revision("new", OLD.inputs, **{"rollout": "monday", "adopt": "monday", asked: "tuesday"})

    assert reason_to_wait(API, live(), wanted, CLOSED) == ""


def test_pods_from_before_there_were_notes_wait_as_a_new_render():
    assert reason_to_wait(API, live(revision=None), Revision("new"), ANYTIME) == NEW_RENDER
    assert reason_to_wait(API, live(revision=None), Revision("old"), ANYTIME) == ""


def test_an_input_that_this_version_adds_is_no_persons_change():
    wanted = Revision("new", {**OLD.inputs, "acme-keys/anotherKey": "c"})

    assert reason_to_wait(API, live(), wanted, ANYTIME) == NEW_RENDER


def test_pods_that_somebody_changed_behind_us_are_put_right_with_the_new_render():
    assert reason_to_wait(API, live(template="edited"), RENDERED, ANYTIME) == ""


def test_where_no_pod_runs_nobody_waits():
    assert reason_to_wait(API, live(desired=0), CHANGED, CLOSED) == ""


def test_people_are_told_what_waits_until_when_and_how_to_let_it_go():
    told = pending("acme", [Waiter(API, NEW_RENDER), Waiter(API, MAINTENANCE_WINDOW)], CLOSED)

    assert told is not None
    assert told.reason == MAINTENANCE_WINDOW
    assert told.changes == (API,)
    assert told.not_before == "2026-06-06T02:00:00Z"
    assert "2026-06-06T02:00:00Z" in told.message
    assert "hastecrm.io/rollout" in told.message


def test_a_new_render_is_told_with_the_way_to_adopt_it():
    told = pending("acme", [Waiter(API, NEW_RENDER)], ANYTIME)

    assert told is not None
    assert told.not_before is None
    assert "hastecrm.io/adopt" in told.message


def test_nothing_is_told_when_nothing_waits():
    assert pending("acme", [], CLOSED) is None


def test_a_note_that_is_not_ours_counts_as_none():
    assert Revision.parse('{"template": "x", "who": "knows"}') is None
    assert Revision.parse("now") is None
    assert Revision.parse(OLD.text()) == OLD
