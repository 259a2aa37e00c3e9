"""A cluster without the Prometheus Operator and the like is served as far as it goes, and told what lacks."""

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine import reconcile
from hastecrm_operator.engine.kinds import POD_MONITOR
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.steps import STEPS, Step


async def apply_monitor(scope: Scope) -> None:
    meta = {"name": "acme-api", "namespace": scope.key.namespace}
    await scope.ensure({"apiVersion": POD_MONITOR.api_version, "kind": "PodMonitor", "metadata": meta})


@pytest.fixture
async def without_monitors(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(reconcile, "STEPS", (*STEPS[:-1], Step("Ready", apply_monitor), STEPS[-1]))
    world.cluster.not_installed.add(POD_MONITOR)
    await world.apply()
    return world


async def test_the_condition_names_what_to_install(without_monitors: World):
    world = without_monitors

    await world.settle()

    ready = world.condition("Ready")
    assert ready["reason"] == "KindNotInstalled"
    assert "PodMonitor (monitoring.coreos.com/v1); install the Prometheus Operator" in ready["message"]
    assert world.condition("Available")["status"] == "True"


async def test_what_is_known_to_lack_is_not_asked_for_again(without_monitors: World):
    world = without_monitors
    await world.settle()
    world.cluster.writes.clear()

    result = await world.look()

    assert world.cluster.writes == []
    assert result.look_again == 15
