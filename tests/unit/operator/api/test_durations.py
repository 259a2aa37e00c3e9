import pytest
from pydantic import TypeAdapter, ValidationError

from hastecrm_operator.api.durations import Duration, seconds

SECONDS = {"500ms": 0.5, "5s": 5.0, "1m30s": 90.0, "2h": 7200.0}


@pytest.mark.parametrize(("written", "expected"), SECONDS.items())
def test_a_duration_is_so_many_seconds(written: str, expected: float):
    assert seconds(written) == expected


@pytest.mark.parametrize("written", ["", "5", "s", "5 s", "-5s", "1d", "1.5h", "5s!"])
def test_what_is_no_duration_is_refused_with_examples(written: str):
    with pytest.raises(ValueError, match="must be a duration like 500ms, 5s or 1m30s"):
        seconds(written)


def test_no_time_at_all_is_refused():
    with pytest.raises(ValidationError, match="more than nothing"):
        TypeAdapter(Duration).validate_python("0s")
