"""Statuses are written when they tell something, not each time that a pod has moved."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster, hastecrm

from hastecrm_operator.engine.events import Recorder
from hastecrm_operator.engine.kinds import HASTECRM
from hastecrm_operator.engine.objects import Objects
from hastecrm_operator.engine.publish import Publisher

Status = dict[str, Any]


def status(phase: str, **more: Any) -> Status:
    return {"observedGeneration": 1, "phase": phase, "blocking": [], "conditions": [], **more}


class Written:
    """A publisher, and what has reached the cluster."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.publisher = Publisher(self.cluster, Objects(), lambda: self.time, Recorder(self.cluster))

    async def publish(self, wanted: Status, *, calm: bool = True) -> float | None:
        body = await self.cluster.get(HASTECRM, "sales", "acme")
        return await self.publisher.publish(body, wanted, calm=calm)

    @property
    def phase(self) -> str | None:
        return self.cluster.objects[HASTECRM.name, "sales", "acme"].get("status", {}).get("phase")


@pytest.fixture
async def written() -> Written:
    made = Written()
    await made.cluster.apply(hastecrm())
    return made


async def test_the_first_status_is_written_at_once(written: Written):
    assert await written.publish(status("Provisioning")) is None

    assert written.phase == "Provisioning"


async def test_mere_progress_is_held_back_for_some_seconds(written: Written):
    await written.publish(status("Provisioning"))
    written.time += timedelta(seconds=4)

    wait = await written.publish(status("Migrating", api={"ready": 1}))

    assert (written.phase, wait) == ("Provisioning", 6.0)


async def test_progress_that_lasts_is_written(written: Written):
    await written.publish(status("Provisioning"))
    written.time += timedelta(seconds=10)

    await written.publish(status("Migrating"))

    assert written.phase == "Migrating"


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(status("Ready"), id="the end"),
        pytest.param(status("Failed"), id="a failure"),
        pytest.param(status("Migrating", observedGeneration=2), id="another generation"),
        pytest.param(status("Migrating", blocking=[{"object": "Job/a"}]), id="a blocker"),
        pytest.param(status("Migrating", credentials={"phase": "Switching"}), id="a step that is recorded"),
    ],
)
async def test_news_are_written_at_once(written: Written, news: Status):
    await written.publish(status("Provisioning"))

    assert await written.publish(news) is None

    assert written.cluster.objects[HASTECRM.name, "sales", "acme"]["status"] == news


async def test_what_needs_attention_is_written_at_once(written: Written):
    await written.publish(status("Provisioning"))

    await written.publish(status("Migrating"), calm=False)

    assert written.phase == "Migrating"


async def test_an_object_that_was_ready_and_moves_again_says_so(written: Written):
    await written.publish(status("Ready"))

    await written.publish(status("RollingOut"))

    assert written.phase == "RollingOut"


async def test_what_has_not_changed_is_not_written(written: Written):
    await written.publish(status("Ready"))
    written.cluster.writes.clear()

    await written.publish(status("Ready"))

    assert written.cluster.writes == []
