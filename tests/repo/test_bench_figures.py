"""The figures of the API say what was measured."""

import pytest
from bench.service.readme import with_figures
from bench.service.results import Part, Row, cells, regressions
from bench.service.store import PAGE, README, load, page


def row(**changes: object) -> Row:
    return Row(**{"what": "a", "samples": [1.0, 2.0, 9.0], "unit": "ms", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("goal", "at_least", "verdict"),
    [(2.0, False, "met"), (1.9, False, "**missed**"), (2.0, True, "met"), (2.1, True, "**missed**")],
    ids=["just met", "just missed", "as many as asked", "fewer than asked"],
)
def test_the_median_decides_whether_a_goal_is_met(goal: float, at_least: bool, verdict: str):
    assert cells(row(goal=goal, at_least=at_least))[-1] == verdict


def test_a_ratio_compares_each_run_with_its_own_reference():
    assert row(samples=[2.0, 40.0, 6.0], reference=[1.0, 10.0, 2.0]).ratio == 3.0


def test_a_missed_goal_is_said_with_its_reason():
    part = Part("Live", [row(goal=1.0, why="the log line takes it")])

    assert "- **Missed:** a: the log line takes it." in page({"live": part})


def test_a_scenario_that_could_not_run_is_said():
    assert "Not available: there is no sign-in." in page(
        {"login": Part("Login", skipped="there is no sign-in")}
    )


def test_stored_figures_come_back_as_they_were():
    part = Part("Live", [row(reference=[1.0])], 0.5, "today", "here")

    assert Part.of(part.as_json()) == part


@pytest.mark.parametrize(
    ("now", "found"), [(2.39, []), (2.41, [("a", 2.41, 2.0)])], ids=["noise", "a fifth more"]
)
def test_only_a_growth_of_more_than_a_fifth_is_a_regression(now: float, found: list[object]):
    stored = [row(samples=[2.0], reference=[1.0], gate=True)]

    assert regressions([row(samples=[now], reference=[1.0], gate=True)], stored, 1.2) == found


def test_the_documents_show_the_stored_figures():
    parts = load()

    assert PAGE.read_text() == page(parts)
    assert README.read_text() == with_figures(README.read_text(), parts)


def test_the_readme_keeps_what_stands_around_its_figures():
    text = README.read_text()
    before, after = text.split("<!-- written by")[0], text.split("<!-- end of what it writes -->")[1]

    changed = with_figures(text, {})

    assert changed.startswith(before)
    assert changed.endswith(after)
