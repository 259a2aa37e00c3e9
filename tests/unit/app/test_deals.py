"""The rules of deals: what a stage, a status and a reason make of one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.features.deals.domain import Stage, Status, begun, placed, prepare, target

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PIPELINE = UUID(int=99)


def stage(number: int, probability: int, kind: Status = Status.OPEN) -> Stage:
    return Stage(UUID(int=number), PIPELINE, probability, kind)


FIRST, SECOND, WON = stage(1, 10), stage(2, 60), stage(3, 100, Status.WON)
LOST = stage(4, 0, Status.LOST)
STAGES = (FIRST, SECOND, WON, LOST)


def deal(where: Stage, status: Status | None = None, reason: str | None = None) -> dict[str, Any]:
    """A deal that has been in a stage for an hour."""
    kind = status or where.kind
    return {
        "id": UUID(int=7),
        "pipeline_id": PIPELINE,
        "stage_id": where.id,
        "status": kind,
        "probability": where.probability,
        "won_reason": reason if kind is Status.WON else None,
        "lost_reason": reason if kind is Status.LOST else None,
        "stage_entered_at": NOW - timedelta(hours=1),
        "closed_at": None if kind is Status.OPEN else NOW - timedelta(hours=1),
    }


def refused(call: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        call()
    return caught.value.errors[0].where


def test_a_stage_gives_its_probability_and_the_time_in_the_one_before_is_told() -> None:
    moved = placed(deal(FIRST), SECOND, {}, NOW)

    assert (moved.values["probability"], moved.values["stage_entered_at"]) == (60, NOW)
    assert moved.transition is not None
    assert (moved.transition.from_stage, moved.transition.seconds_in_stage) == (FIRST.id, 3600)


def test_where_it_is_already_nothing_happens() -> None:
    assert placed(deal(FIRST), FIRST, {}, NOW).transition is None
    assert placed(deal(WON, reason="Taste"), WON, {}, NOW).transition is None


@pytest.mark.parametrize(("where", "field"), [(WON, "won_reason"), (LOST, "lost_reason")])
def test_a_decision_needs_its_reason_and_no_other(where: Stage, field: str) -> None:
    assert refused(lambda: placed(deal(FIRST), where, {}, NOW)) == f"/{field}"
    other = "lost_reason" if field == "won_reason" else "won_reason"
    assert refused(lambda: placed(deal(FIRST), where, {field: "x", other: "y"}, NOW)) == f"/{other}"
    decided = placed(deal(FIRST), where, {field: "x"}, NOW).values
    assert (decided[field], decided["closed_at"], decided["probability"]) == ("x", NOW, where.probability)


def test_a_lost_deal_that_is_won_after_all_forgets_why_it_was_lost() -> None:
    values = placed(deal(LOST, reason="Price"), WON, {"won_reason": "Taste"}, NOW).values

    assert (values["won_reason"], values["lost_reason"], values["status"]) == ("Taste", None, Status.WON)


def test_a_deal_can_be_lost_where_it_is_but_not_in_a_stage_of_won_ones() -> None:
    lost = placed(deal(SECOND), SECOND, {"status": "lost", "lost_reason": "Price"}, NOW)

    assert (lost.values["stage_id"], lost.values["probability"]) == (SECOND.id, 0)
    assert lost.values["stage_entered_at"] == NOW - timedelta(hours=1)
    wish = {"status": "lost", "lost_reason": "Price"}
    assert refused(lambda: placed(deal(SECOND), WON, wish, NOW)) == "/status"


def test_a_deal_begins_with_what_its_stage_says_unless_somebody_knows_better() -> None:
    assert begun(SECOND, {}, NOW)["probability"] == 60
    assert begun(SECOND, {"probability": 75}, NOW)["probability"] == 75
    assert begun(WON, {"won_reason": "Taste"}, NOW)["closed_at"] == NOW
    assert refused(lambda: begun(WON, {}, NOW)) == "/won_reason"


def test_nobody_guesses_about_what_is_decided() -> None:
    assert refused(lambda: prepare(deal(WON, reason="x"), {"probability": 50})) == "/probability"
    assert prepare(deal(FIRST), {"probability": 50}) == {"probability": 50}


@pytest.mark.parametrize(
    ("one", "status", "wanted"),
    [
        (deal(FIRST), Status.WON, WON),
        (deal(FIRST), Status.LOST, LOST),
        (deal(FIRST), Status.OPEN, FIRST),
        (deal(WON, reason="x"), Status.OPEN, SECOND),
        (deal(SECOND, Status.LOST, "x"), Status.OPEN, SECOND),
        (deal(WON, reason="x"), Status.LOST, LOST),
        (deal(SECOND, Status.LOST, "x"), Status.LOST, SECOND),
    ],
)
def test_a_status_alone_leads_to_the_stage_that_fits(one: Any, status: Status, wanted: Stage) -> None:
    assert target(STAGES, one, status) == wanted


def test_without_a_stage_of_its_kind_a_decided_deal_stays_or_leaves_that_of_the_others() -> None:
    assert target((FIRST, SECOND), deal(SECOND), Status.WON) == SECOND
    assert target((FIRST, SECOND, WON), deal(WON, reason="x"), Status.LOST) == SECOND


wishes = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([each.value for each in Status]),
        "won_reason": st.sampled_from(["Taste", None]),
        "lost_reason": st.sampled_from(["Price", None]),
    },
)


@given(st.lists(st.tuples(st.sampled_from(STAGES), wishes), max_size=8))
def test_whatever_is_wished_a_deal_keeps_the_tables_checks(
    wished: list[tuple[Stage, dict[str, Any]]],
) -> None:
    one = deal(FIRST)
    for where, wish in wished:
        try:
            moved = placed(one, where, wish, NOW)
        except InvalidInputError:
            continue
        one = {**one, **moved.values}
        status = Status(one["status"])
        assert (status is Status.OPEN) == (one["closed_at"] is None)
        assert (status is Status.WON) == (one["won_reason"] is not None)
        assert (status is Status.LOST) == (one["lost_reason"] is not None)
        kinds = {each.id: each.kind for each in STAGES}
        assert kinds[one["stage_id"]] in (Status.OPEN, status)
