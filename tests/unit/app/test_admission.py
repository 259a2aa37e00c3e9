"""Who may wait, and who is sent away."""

import pytest

from hastecrm.core.admission import Admission
from hastecrm.core.errors import OverloadedError


def test_the_queue_begins_where_the_places_end() -> None:
    door = Admission(places=2, queue=1)
    seen = []
    for _ in range(3):
        door.enter()
        seen.append((door.in_use, door.waiting))

    assert seen == [(1, 0), (2, 0), (2, 1)]


def test_whoever_finds_the_queue_full_is_sent_away_and_counted() -> None:
    door = Admission(places=1, queue=1)
    door.enter()
    door.enter()
    with pytest.raises(OverloadedError) as caught:
        door.enter()

    assert (caught.value.status, caught.value.retry_after, door.shed, door.waiting) == (503, 1, 1, 1)


def test_a_place_that_is_left_can_be_taken_again() -> None:
    door = Admission(places=1, queue=0)
    door.enter()
    door.leave()
    door.enter()

    assert (door.in_use, door.shed) == (1, 0)
