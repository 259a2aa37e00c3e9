"""What counts as more than chance: the limit is the limit where there is enough to count."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app.test_analysis_traffic import series_of

from hastecrm.core.analysis.statistics import (
    exceeds,
    is_certain,
    is_comparable,
    is_slower,
    tail,
)
from hastecrm.core.analysis.traffic import Traffic

LIST, ADD, LOGIN = ("GET", "/contacts"), ("POST", "/contacts"), ("POST", "/login")


def exact(found: int, total: int, share: float) -> float:
    return sum(math.comb(total, n) * share**n * (1 - share) ** (total - n) for n in range(found, total + 1))


@given(st.integers(0, 120), st.integers(1, 120), st.sampled_from([0.001, 0.01, 0.05, 0.3]))
def test_the_tail_is_that_of_the_binomial_distribution(found: int, total: int, share: float) -> None:
    assert tail(found, total, share) == pytest.approx(exact(found, total, share), rel=1e-6, abs=1e-12)


def test_the_tail_of_many_is_found_quickly() -> None:
    assert tail(11_000, 1_000_000, 0.01) < 1e-20
    assert tail(10_100, 1_000_000, 0.01) == pytest.approx(0.159, abs=0.01)


@pytest.mark.parametrize(
    ("found", "total", "share", "too_many"),
    [
        (1, 50, 0.01, False),
        (2, 50, 0.01, False),
        (3, 50, 0.01, True),
        (5, 500, 0.01, False),
        (6, 500, 0.01, True),
        (1, 50, 0.0, True),
        (0, 50, 0.0, False),
        (50, 50, 1.0, False),
    ],
)
def test_few_requests_are_judged_with_care_and_many_by_the_limit(
    found: int, total: int, share: float, too_many: bool
) -> None:
    assert exceeds(found, total, share) is too_many


Shares = st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.5])


@given(st.integers(0, 300), st.integers(1, 300), Shares)
def test_what_keeps_the_limit_never_fails_and_more_bad_ones_are_no_better(
    found: int, total: int, share: float
) -> None:
    found = min(found, total)

    if found <= total * share:
        assert not exceeds(found, total, share)
    if exceeds(found, total, share) and found < total:
        assert exceeds(found + 1, total, share)


@pytest.mark.parametrize(
    ("shares", "limit", "certain"),
    [
        ([1.0] * 2, 0.05, False),
        ([1.0] * 3, 0.05, True),
        ([1.0] * 3 + [0.0] * 2, 0.05, False),
        ([0.3] * 6, 0.05, True),
        ([0.1] * 10, 0.05, False),
        ([1.0], 0.01, False),
        ([0.02] * 10, 0.01, False),
        ([0.1] * 6, 0.01, True),
        ([1.0] * 500 + [0.0] * 12, 0.05, False),
        ([0.01] * 4, 0.0, True),
        ([0.0] * 500, 0.0, False),
        ([1.0] * 500, 1.0, False),
        ([], 0.05, False),
    ],
)
def test_a_few_bad_moments_are_certain_and_one_never_is(
    shares: list[float], limit: float, certain: bool
) -> None:
    assert is_certain(shares, limit) is certain


@pytest.mark.parametrize("size", [1, 5, 100])
def test_chance_alone_is_hardly_ever_certain_however_often_one_asks(size: int) -> None:
    chance = random.Random(11)  # noqa: S311 - no secret

    def share() -> float:
        return sum(chance.random() < 0.05 for _ in range(size)) / size

    windows = [[share() for _ in range(30)] for _ in range(400)]
    wrong = sum(any(is_certain(window[:end], 0.05) for end in range(31)) for window in windows)
    assert wrong <= 2


@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from([0.001, 0.01, 0.05, 0.3]))
def test_nothing_within_the_limit_is_ever_certain(shares: list[float], limit: float) -> None:
    assert not is_certain([share * limit for share in shares], limit)


Sample = st.lists(st.floats(0.001, 2), min_size=150, max_size=300)


@given(Sample, st.randoms(use_true_random=False))
def test_the_same_is_not_slower_whatever_the_mix(seconds: list[float], shuffled: random.Random) -> None:
    old = {LIST: series_of(seconds), LOGIN: series_of([each + 0.3 for each in seconds])}
    part = shuffled.sample(seconds, 120)

    assert not is_slower({LOGIN: series_of([each + 0.3 for each in seconds])}, old)
    assert not is_slower(old, old)
    assert not is_slower({ADD: series_of([9.0] * 200)}, old)
    assert not is_slower({LIST: series_of([each / 10 for each in part])}, old)


@given(Sample)
def test_twice_as_slow_is_slower(seconds: list[float]) -> None:
    old = {LIST: series_of(seconds)}
    slowest = max(seconds)

    assert is_slower({LIST: series_of([slowest * 3] * 150)}, old)


@pytest.mark.parametrize(("new", "old"), [(99, 500), (500, 99), (29, 29), (0, 0)])
def test_too_few_requests_on_a_side_say_nothing(new: int, old: int) -> None:
    slow: Traffic = {LIST: series_of([5.0] * new)}

    assert not is_slower(slow, {LIST: series_of([0.01] * old)})
    assert not is_comparable(slow, {LIST: series_of([0.01] * old)})


def test_one_slow_answer_among_many_is_nothing() -> None:
    assert not is_slower({LIST: series_of([0.01] * 109 + [5.0])}, {LIST: series_of([0.01] * 1000)})


def test_chance_alone_makes_hardly_any_release_slower() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret

    def sample(number: int) -> Traffic:
        return {LIST: series_of([chance.expovariate(20) for _ in range(number)])}

    assert sum(is_slower(sample(150), sample(300)) for _ in range(300)) == 0
