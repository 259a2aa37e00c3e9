"""How often pods are visited, and how seldom somebody signs in."""

import pytest

from hastecrm.core.analysis.journeys import Pace


@pytest.mark.parametrize(("window", "every"), [(0, 0.5), (12, 1.0), (60, 5.0), (3600, 5.0)])
def test_a_window_has_a_dozen_visits_and_no_pod_waits_long_for_one(window: float, every: float) -> None:
    assert Pace.of(window, (0, 1), 900).every == every


@pytest.mark.parametrize(
    ("attempts", "token", "seconds"),
    [
        ((10, 60), 900, 12.0),
        ((5, 60), 900, 24.0),
        ((0, 1), 900, 5.0),
        ((100, 1), 900, 5.0),
        ((1, 3600), 60, 30),
    ],
    ids=["usual", "strict", "no limit", "generous", "before the token ends"],
)
def test_sign_ins_take_half_of_what_is_allowed(
    attempts: tuple[int, int], token: float, seconds: float
) -> None:
    assert Pace.of(60, attempts, token).sign_in == seconds
