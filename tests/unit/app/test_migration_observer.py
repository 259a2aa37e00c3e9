"""What is told of a migration that waits or takes long."""

import pytest

from hastecrm.core.migrating.observer import blocker, progress
from hastecrm.core.migrating.patience import Patience

SEEN = {
    "pid": 7,
    "name": "psql",
    "role": "ada",
    "state": "idle in transaction",
    "seconds": 61.4,
    "wanted": "contacts",
}


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ((), "process 7 (psql, role ada, idle in transaction for 61 s) on contacts"),
        (("state", "seconds"), "process 7 (psql, role ada) on contacts"),
        (("name", "role", "state", "seconds", "wanted"), "process 7"),
    ],
)
def test_as_much_is_said_of_a_blocker_as_may_be_seen(hidden: tuple[str, ...], said: str) -> None:
    assert blocker(SEEN | dict.fromkeys(hidden)) == said


def test_an_index_tells_how_far_it_is() -> None:
    assert progress("building index: scanning table", "contacts_name", 42) == (
        "contacts_name: building index: scanning table, 42 %"
    )
    assert progress("initializing", "contacts_name", None) == "contacts_name: initializing"


def test_pauses_grow_up_to_the_longest() -> None:
    patience = Patience(first_pause=0.5, longest_pause=10)

    assert [patience.pause(tried) for tried in (1, 2, 3, 6, 1000)] == [0.5, 1.0, 2.0, 10, 10]
