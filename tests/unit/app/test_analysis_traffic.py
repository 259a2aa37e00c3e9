"""What pods tell is read, subtracted and summed up as Prometheus would."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.analysis.traffic import Series, read, since, together, whole
from hastecrm.core.metrics import BUCKETS, Metrics

ROUTE = ("GET", "/api/v1/contacts")


def series_of(seconds: list[float], errors: int = 0) -> Series:
    bounds = (*BUCKETS, math.inf)
    within = {le: float(sum(each <= le for each in seconds)) for le in bounds}
    return Series(float(len(seconds)), float(errors), within)


def served(*requests: tuple[str, str, int, float], release: str = "new") -> str:
    metrics = Metrics(role="api", version="1", release=release)
    metrics.watch("hastecrm_ready", "Ready.", lambda: 1.0)
    for method, route, status, seconds in requests:
        metrics.record(method, route, status, seconds)
    return metrics.text().decode()


Times = st.lists(st.floats(0.0001, 20), max_size=60)


def test_the_programs_own_metrics_are_read() -> None:
    found = read(
        served(("GET", ROUTE[1], 200, 0.003), ("GET", ROUTE[1], 503, 0.2), ("POST", ROUTE[1], 201, 0.02))
    )

    assert (found.release, found.ready) == ("new", True)
    assert found.started > 1e9
    assert found.traffic.keys() == {ROUTE, ("POST", ROUTE[1])}
    assert found.traffic[ROUTE] == series_of([0.003, 0.2], errors=1)


@pytest.mark.parametrize(("up", "ready"), [(1.0, True), (0.0, False)])
def test_a_pod_without_its_database_does_not_count_as_ready(up: float, ready: bool) -> None:
    text = served() + f'hastecrm_dependency_up{{dependency="database"}} {up}\n'
    text += 'hastecrm_dependency_up{dependency="redis"} 0.0\n'

    assert read(text).ready is ready


@pytest.mark.parametrize("route", ["/health/ready", "/metrics", "unmatched"])
def test_probes_scrapes_and_wrong_addresses_are_no_traffic(route: str) -> None:
    assert read(served(("GET", route, 500, 9.0))).traffic == {}


def test_a_release_that_does_not_tell_its_name_is_an_old_one() -> None:
    text = served(release="").replace('release="",', "")

    assert read(text).release == ""


@pytest.mark.parametrize("text", ["", "<html></html>", "hastecrm_ready nonsense\n"])
def test_what_is_no_such_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|could"):
        read(text)


@given(Times, Times)
def test_what_came_between_two_readings_is_their_difference(first: list[float], second: list[float]) -> None:
    earlier, later = {ROUTE: series_of(first)}, {ROUTE: series_of(first + second)}

    assert since(earlier, later)[ROUTE] == series_of(second)
    assert together([earlier, since(earlier, later)]) == later


@given(st.lists(st.floats(0.0001, 9.9), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(seconds: list[float], share: float) -> None:
    found = series_of(seconds).quantile(share)
    true = sorted(seconds)[math.ceil(share * len(seconds)) - 1]

    assert found is not None
    low = max([0.0, *(le for le in BUCKETS if le < true)])
    assert low <= found <= min(le for le in BUCKETS if le >= true)


@given(Times, st.floats(0.0005, 30), st.floats(0.0005, 30))
def test_fewer_take_longer_than_a_longer_time(seconds: list[float], one: float, other: float) -> None:
    series = series_of(seconds)

    assert series.above(min(one, other)) >= series.above(max(one, other)) >= 0
    assert series.above(0.0) == pytest.approx(len(seconds))


@given(st.lists(st.floats(0.0001, 9), min_size=1, max_size=60), st.floats(0.0005, 9))
def test_more_than_the_rest_is_above_exactly_where_the_quantile_is(
    seconds: list[float], limit: float
) -> None:
    series = series_of(seconds)
    above, allowed = series.above(limit), 0.05 * series.timed

    quantile = series.quantile(0.95)
    assert quantile is not None
    if not math.isclose(above, allowed, abs_tol=1e-6) and not math.isclose(quantile, limit, rel_tol=1e-6):
        assert (quantile > limit) == (above > allowed)


def test_what_is_beyond_every_bound_is_longer_than_any_limit() -> None:
    series = series_of([11.0] * 10)

    assert series.above(10.0) == series.above(60.0) == 10
    assert series.quantile(0.95) == 10.0
    assert whole({}).quantile(0.95) is None
