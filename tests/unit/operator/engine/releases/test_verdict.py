"""Whether one may go back: from what the schemas declare, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.releases.verdict import Way, outlook

VERSIONS = st.none() | st.integers(1, 20)


def schema(version: int, compatible_from: int) -> SchemaStatus:
    return SchemaStatus(version=version, compatible_from=compatible_from)


@pytest.mark.parametrize(
    ("made_for", "known", "backup", "way"),
    [
        pytest.param(11, schema(12, 9), False, Way.SAFE, id="runs on it"),
        pytest.param(9, schema(12, 9), False, Way.SAFE, id="just runs on it"),
        pytest.param(8, schema(12, 9), True, Way.NEEDS_RESTORE, id="too old, with a backup"),
        pytest.param(8, schema(12, 9), False, Way.FREEZE, id="too old, without one"),
        pytest.param(None, schema(12, 9), False, Way.FREEZE, id="an unknown revision"),
        pytest.param(11, None, True, Way.NEEDS_RESTORE, id="an unknown schema"),
    ],
)
def test_the_way_back(made_for: int | None, known: SchemaStatus | None, backup: bool, way: Way):
    assert outlook(6, made_for, known, backup=backup).way == way


@given(VERSIONS, VERSIONS, VERSIONS, st.booleans())
def test_only_what_is_known_to_run_is_safe(
    made_for: int | None, at: int | None, least: int | None, backup: bool
):
    known = schema(at, least) if at is not None and least is not None else None

    found = outlook(6, made_for, known, backup=backup)

    runs = known is not None and made_for is not None and made_for >= known.compatible_from
    assert (found.way == Way.SAFE) == runs
    assert "6" in found.reason
