from collections.abc import Iterator
from typing import Any

import pytest

from hastecrm_operator.engine.errors import UnavailableError
from hastecrm_operator.engine.kinds import HASTECRM_BACKUP, Kind
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.requests import backup_ended, backup_told
from kubectl_hastecrm.session import Session
from kubectl_hastecrm.waiting import Goal, duration, reach

GOAL = Goal(HASTECRM_BACKUP, "b", backup_told, backup_ended)


class Slides:
    """An API server that shows one state after the other; the last one stays."""

    def __init__(self, *states: dict[str, Any] | Exception) -> None:
        self._states: Iterator[Any] = iter(states)
        self._now: Any = None

    async def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        self._now = next(self._states, self._now)
        if isinstance(self._now, Exception):
            raise self._now
        return {"metadata": {"name": name}, "status": self._now}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_hastecrm.waiting._PAUSE", 0.01)


def shown(*states: dict[str, Any] | Exception) -> Session:
    return Session(Slides(*states), "sales")  # type: ignore[arg-type]


async def test_it_waits_until_the_end_and_tells_each_change_once(capsys: pytest.CaptureFixture[str]):
    states = [
        {"phase": "Pending"},
        {"phase": "Running"},
        {"phase": "Running"},
        {"phase": "Complete", "name": "d"},
    ]

    body = await reach(shown(*states), GOAL, "5s")

    assert body["status"]["phase"] == "Complete"
    assert capsys.readouterr().err.splitlines() == ["Pending", "Running", "dump d, -"]


async def test_a_failure_ends_it_with_the_reason():
    with pytest.raises(Problem, match="Failed, no space left") as failed:
        await reach(shown({"phase": "Failed", "message": "no space left"}), GOAL, "5s")

    assert failed.value.code is Exit.NOT_ACHIEVED


async def test_an_api_server_that_is_away_for_a_moment_is_waited_for():
    away = UnavailableError(503, "Unavailable", "")

    assert await reach(shown(away, away, {"phase": "Complete"}), GOAL, "5s")


async def test_patience_ends():
    with pytest.raises(Problem, match="HasteCRMBackup b took longer than 50ms: Running") as late:
        await reach(shown({"phase": "Running"}), GOAL, "50ms")

    assert late.value.code is Exit.NOT_ACHIEVED


def test_a_duration_is_read_or_refused_with_a_sentence():
    assert duration("1m30s", "--since") == 90
    with pytest.raises(Problem, match="--since 'soon' must be a duration") as refused:
        duration("soon", "--since")
    assert refused.value.code is Exit.USAGE
