"""The rules of pipelines and their stages."""

from uuid import UUID

import pytest

from hastecrm.core.errors import BusinessError, InvalidInputError
from hastecrm.features.pipelines.domain import (
    DEFAULT_STAGES,
    MOST_STAGES,
    PipelineType,
    Stage,
    StageDraft,
    StageKind,
    Wanted,
    check_kind,
    check_known,
    check_removal,
    check_stages,
)

OPEN, WON, LOST = (
    StageDraft("Open", 10),
    StageDraft("Won", 100, StageKind.WON),
    StageDraft("Lost", 0, StageKind.LOST),
)
STAGE = Stage(UUID(int=1), UUID(int=9), "Open", 0, 10, StageKind.OPEN)


@pytest.mark.parametrize("kind", PipelineType)
def test_each_type_begins_with_stages_that_keep_the_rules(kind: PipelineType) -> None:
    stages = DEFAULT_STAGES[kind]

    check_stages(stages)
    assert [stage.probability for stage in stages] == sorted(stage.probability for stage in stages)


def test_the_stages_of_the_original_are_kept() -> None:
    names = [(stage.name, stage.probability) for stage in DEFAULT_STAGES[PipelineType.INVESTOR]]

    assert names == [
        ("Research", 0),
        ("Initial Contact", 10),
        ("Due Diligence", 30),
        ("Term Sheet", 60),
        ("Closing", 90),
    ]
    assert DEFAULT_STAGES[PipelineType.SALES][-1] == StageDraft("Closed Won", 100, StageKind.WON)


@pytest.mark.parametrize(
    ("stages", "pointer"),
    [
        ([], "/stages"),
        ([StageDraft(f"Stage {number}", 1) for number in range(MOST_STAGES + 1)], "/stages"),
        ([WON, LOST], "/stages"),
        ([OPEN, WON, StageDraft("Again", 100, StageKind.WON)], "/stages"),
        ([OPEN, StageDraft("OPEN", 20)], "/stages/1/name"),
        ([OPEN, StageDraft("Won", 99, StageKind.WON)], "/stages/1/probability"),
        ([OPEN, StageDraft("Lost", 1, StageKind.LOST)], "/stages/1/probability"),
    ],
)
def test_what_is_no_pipeline_is_refused(stages: list[StageDraft], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_stages(stages)

    assert refused.value.errors[0].where == pointer


def test_a_stage_is_named_once_and_only_where_it_is() -> None:
    check_known([STAGE], [Wanted(OPEN, STAGE.id), Wanted(WON)])

    for wanted in ([Wanted(OPEN, UUID(int=2))], [Wanted(OPEN, STAGE.id), Wanted(WON, STAGE.id)]):
        with pytest.raises(InvalidInputError, match="named twice"):
            check_known([STAGE], wanted)


def test_a_stage_without_deals_may_go_and_change() -> None:
    check_removal(STAGE, 0)
    check_kind(STAGE, StageKind.LOST, 0)
    check_kind(STAGE, StageKind.OPEN, 5)


def test_a_stage_with_deals_stays() -> None:
    with pytest.raises(BusinessError, match="5 deals are in the stage Open"):
        check_kind(STAGE, StageKind.LOST, 5)
