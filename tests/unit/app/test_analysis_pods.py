"""Which pods count, from when on, and what a restart does to it."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app.test_analysis_traffic import ROUTE, series_of

from hastecrm.core.analysis.pods import Pods
from hastecrm.core.analysis.traffic import Reading, whole


def reading(requests: int, *, release: str = "new", started: float = 1.0, ready: bool = True) -> Reading:
    return Reading(release, started, ready, {ROUTE: series_of([0.01] * requests)})


def pods(*told: tuple[str, Reading], expected: int = 2, now: float = 0.0) -> Pods:
    found = Pods("new", expected)
    for address, each in told:
        found.see(address, each, now)
    found.look(now)
    return found


def test_the_window_begins_when_all_new_pods_are_ready() -> None:
    found = pods(("a", reading(5)), ("b", reading(7, ready=False)), ("c", reading(9, release="old")))
    assert (found.began, found.ready(0), found.seen(0)) == (None, ["a"], 2)

    found.see("b", reading(8), 3)
    found.look(3)
    assert (found.began, found.ready(3)) == (3, ["a", "b"])


def test_the_window_waits_for_old_pods_to_go_where_they_are_to() -> None:
    found = Pods("new", 1, replacing=True)
    found.see("a", reading(5), 0)
    found.see("z", reading(9, release="old"), 0)
    found.look(0)
    assert found.began is None

    found.see("z", reading(9, release="old", ready=False), 1)
    found.look(1)
    assert found.began == 1


def test_an_old_pod_that_is_silent_is_gone() -> None:
    found = Pods("new", 1, replacing=True)
    found.see("z", reading(9, release="old"), 0)
    found.see("a", reading(5), 5)
    found.look(5)

    assert found.began == 5


def test_first_answers_do_not_count() -> None:
    found = pods(("a", reading(0)), ("b", reading(0)), ("z", reading(0, release="old")))
    for served, now in ((3, 1), (10, 2)):
        found.see("a", reading(served), now)
        found.see("z", reading(served, release="old"), now)

    assert (whole(found.new).requests, whole(found.old).requests) == (7, 7)


def test_a_moment_is_two_seconds_and_the_window_begins_with_none() -> None:
    found = pods(("a", reading(5)), expected=2)
    for served, now in ((9, 1), (11, 2)):
        found.see("a", reading(served), now)
        found.look(now)
    assert [moment.requests for moment in found.moments] == [6]

    found.see("b", reading(7), 3)
    found.look(3)
    assert found.moments == []
    for served, now in ((12, 4), (14, 5.5), (14, 6), (20, 8)):
        found.see("a", reading(served), now)
        found.see("b", reading(7), now)
        found.look(now)
    assert [moment.requests for moment in found.moments] == [3, 6]


def test_only_what_is_answered_in_the_window_counts() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)))
    found.see("a", reading(15), 2)
    found.see("b", reading(8), 2)

    assert whole(found.new) == series_of([0.01] * 11)
    assert whole(found.old).requests == 0


def test_old_pods_count_from_when_they_were_seen_until_they_are_gone() -> None:
    found = pods(("a", reading(5)), ("z", reading(100, release="old")))
    found.see("z", reading(140, release="old"), 1)
    found.see("a", reading(5), 500)
    found.look(500)

    assert whole(found.old) == series_of([0.01] * 40)


def test_a_new_pod_that_restarts_begins_the_window_again() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)))
    found.see("a", reading(3, started=2.0), 10)
    found.look(10)

    assert found.began == 10
    assert whole(found.new).requests == 0


def test_an_old_pod_that_restarts_does_not_and_loses_its_first_answers_only() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)), ("z", reading(100, release="old")))
    found.see("z", reading(110, release="old"), 1)
    found.see("z", reading(4, release="old", started=9.0), 2)
    found.see("z", reading(7, release="old", started=9.0), 3)
    found.look(3)

    assert found.began == 0
    assert whole(found.old).requests == 13


def test_a_pod_that_is_silent_for_long_ends_the_window() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)))
    found.see("a", reading(6), 8)
    found.look(8)
    assert found.began == 0

    found.see("a", reading(6), 11)
    found.look(11)
    assert (found.began, found.ready(11)) == (None, ["a"])


def test_an_address_that_changes_hands_is_another_pod_and_the_one_before_is_not_forgotten() -> None:
    found = pods(("a", reading(50, release="old")), expected=1)
    found.see("a", reading(80, release="old"), 1)
    found.see("a", reading(2), 2)
    found.look(2)

    assert (found.began, whole(found.new).requests, whole(found.old).requests) == (2, 0, 30)


Steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.booleans(), st.integers(0, 5)), max_size=30
)


@given(Steps)
def test_no_traffic_is_ever_negative_and_the_window_means_all_are_ready(
    steps: list[tuple[str, int, bool, int]],
) -> None:
    found, served, started, now = Pods("new", 2), dict.fromkeys("abc", 0), dict.fromkeys("abc", 1.0), 0.0
    for address, more, restarts, waits in steps:
        now += waits
        started[address] += restarts
        served[address] = more if restarts else served[address] + more
        release = "old" if address == "c" else "new"
        found.see(address, reading(served[address], release=release, started=started[address]), now)
        found.look(now)

        for traffic in (found.new, found.old):
            assert all(count >= 0 for count in (*whole(traffic).within.values(), whole(traffic).requests))
        assert all(moment.requests >= 0 for moment in found.moments)
        assert (found.began is not None) == (len(found.ready(now)) == 2)
