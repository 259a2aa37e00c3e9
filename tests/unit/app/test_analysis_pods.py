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


def test_the_window_waits_for_a_first_visit_to_each_pod() -> None:
    found = Pods("new", 2)
    for address in "ab":
        found.see(address, reading(5), 0)

    found.look(0, {"a": 0})
    assert found.began is None
    found.see("b", reading(14), 1)
    found.look(1, {"a": 0, "b": 1})
    assert (found.began, whole(found.new).requests) == (1, 0)


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


def test_an_old_pod_that_restarts_does_not_and_loses_nothing() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)), ("z", reading(100, release="old")))
    found.see("z", reading(110, release="old"), 1)
    found.see("z", reading(4, release="old", started=9.0), 2)
    found.look(2)

    assert found.began == 0
    assert whole(found.old).requests == 14


def test_a_pod_that_is_silent_for_long_ends_the_window() -> None:
    found = pods(("a", reading(5)), ("b", reading(7)))
    found.see("a", reading(6), 8)
    found.look(8)
    assert found.began == 0

    found.see("a", reading(6), 11)
    found.look(11)
    assert (found.began, found.ready(11)) == (None, ["a"])


def test_an_address_that_changes_hands_is_another_pod() -> None:
    found = pods(("a", reading(50, release="old")), expected=1)
    found.see("a", reading(2), 1)
    found.look(1)

    assert (found.began, whole(found.old).requests) == (1, 0)


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
        assert (found.began is not None) == (len(found.ready(now)) == 2)
