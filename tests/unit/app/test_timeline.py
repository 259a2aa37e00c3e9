"""The rules of tasks, and the one statement of a timeline."""

from datetime import UTC, datetime

import pytest

from hastecrm.features.timeline.domain import Subject, completion
from hastecrm.features.timeline.repository import timeline_statement

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "values", "completed_at"),
    [
        (None, {"status": "completed"}, NOW),
        ({"status": "todo"}, {"status": "completed"}, NOW),
        ({"status": "completed"}, {"status": "cancelled"}, None),
    ],
)
def test_completing_has_a_moment(before: object, values: dict[str, str], completed_at: object) -> None:
    assert completion(before, values, NOW) == {**values, "completed_at": completed_at}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "values"),
    [
        (None, {"title": "x"}),
        ({"status": "todo"}, {"title": "x"}),
        ({"status": "completed"}, {"title": "x"}),
        ({"status": "completed"}, {"status": "completed"}),
    ],
)
def test_what_does_not_complete_keeps_the_moment(before: object, values: dict[str, str]) -> None:
    assert completion(before, values, NOW) == values  # type: ignore[arg-type]


@pytest.mark.parametrize("subject", Subject)
def test_each_part_of_a_timeline_stops_when_the_page_is_full(subject: Subject) -> None:
    statement = timeline_statement(subject, is_first=False)

    parts = 4 if subject is Subject.DEAL else 3
    assert statement.count("LIMIT $3") == parts + 1
    assert statement.count("id) < ($4, $5)") == parts
