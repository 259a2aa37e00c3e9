"""Which dump a release remembers: the one that would bring back what the revision before ran on."""

from dataclasses import replace

from tests.unit.operator.engine.releases.test_machine import DONE, NEW, NOW

from hastecrm_operator.engine.releases.machine import Phase, State, advance, step
from hastecrm_operator.engine.releases.verdict import Way

FROZEN = State(phase=Phase.FROZEN, revision=8, target="bad", backup="before")


def test_a_better_release_keeps_the_dump_from_before_the_one_that_froze():
    behind = replace(NEW, way=Way.NEEDS_RESTORE, outcome=DONE, backup="after")

    begun = step(FROZEN, behind, NOW)
    promoted = advance(begun, lambda _: behind, NOW)

    assert (begun.phase, begun.backup) == (Phase.PLANNING, "before")
    assert (promoted.phase, promoted.backup) == (Phase.PROMOTED, "before")


def test_where_the_revision_before_runs_on_the_schema_the_newer_dump_counts():
    begun = step(FROZEN, NEW, NOW)
    backing_up = begun.model_copy(update={"phase": Phase.BACKING_UP})

    migrating = step(backing_up, replace(NEW, outcome=DONE, backup="newer"), NOW)

    assert (begun.backup, migrating.phase, migrating.backup) == (None, Phase.MIGRATING, "newer")
