"""Who lacks a Prometheus is served all the same, and told what lacks."""

from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import CONFIG_MAP, POD_MONITOR, PROMETHEUS_RULE

EVERYTHING = {"podMonitor": True, "alerts": True, "dashboard": True}


async def test_what_is_not_asked_for_has_no_condition(world: World):
    await world.apply()

    await world.settle()

    assert "MonitoringReady" not in {c["type"] for c in world.status["conditions"]}


async def test_what_is_asked_for_is_made(world: World):
    await world.apply(monitoring=EVERYTHING)

    await world.settle()

    assert world.condition("MonitoringReady")["status"] == "True"
    made = {(kind, name) for kind, _, name in world.cluster.objects}
    wanted = {("PodMonitor", "acme"), ("PrometheusRule", "acme"), ("ConfigMap", "acme-dashboard")}
    assert wanted <= made


async def test_a_second_look_changes_nothing(world: World):
    await world.apply(monitoring=EVERYTHING)
    await world.settle()
    world.cluster.writes.clear()

    await world.look()

    assert world.cluster.writes == []


async def test_without_the_prometheus_operator_the_rest_is_ready_and_the_condition_says_what_to_install(
    world: World,
):
    world.cluster.not_installed |= {POD_MONITOR, PROMETHEUS_RULE}
    await world.apply(monitoring=EVERYTHING)

    await world.settle()

    assert world.condition("MonitoringReady")["status"] == "False"
    assert world.condition("MonitoringReady")["reason"] == "KindNotInstalled"
    assert "install the Prometheus Operator" in world.condition("MonitoringReady")["message"]
    assert world.condition("Ready")["status"] == "True"
    assert (CONFIG_MAP.name, "sales", "acme-dashboard") in world.cluster.objects


async def test_it_is_made_once_the_prometheus_operator_is_installed(world: World):
    world.cluster.not_installed |= {POD_MONITOR, PROMETHEUS_RULE}
    await world.apply(monitoring=EVERYTHING)
    await world.settle()
    world.cluster.not_installed.clear()

    await world.look()

    assert world.condition("MonitoringReady")["status"] == "True"


async def test_what_is_no_longer_asked_for_goes(world: World):
    await world.apply(monitoring=EVERYTHING)
    await world.settle()
    await world.apply(monitoring={})

    await world.look()

    kinds = {kind for kind, _, _ in world.cluster.objects}
    assert not kinds & {POD_MONITOR.name, PROMETHEUS_RULE.name}
    assert (CONFIG_MAP.name, "sales", "acme-dashboard") not in world.cluster.objects


async def test_a_paused_object_does_not_claim_that_anything_is_made(world: World):
    await world.apply(monitoring=EVERYTHING, paused=True)

    await world.look()

    assert world.condition("MonitoringReady")["status"] == "Unknown"
