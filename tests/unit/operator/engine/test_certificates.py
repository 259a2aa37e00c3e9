"""The managed stores have a certificate, made once and replaced in time."""

from typing import Any

from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import CONFIG_MAP, DEPLOYMENT, SECRET

REDIS = {"external": {"host": "cache.example.com"}}
DATABASE = {"external": {"host": "db.example.com", "credentials": {"secretName": "crm-database"}}}


def tls(world: World) -> dict[str, Any]:
    return world.cluster.objects[SECRET.name, "sales", "acme-stores-tls"]


def trust(world: World) -> str:
    pods = world.cluster.objects[DEPLOYMENT.name, "sales", "acme-api"]["spec"]["template"]
    return pods["metadata"]["annotations"]["hastecrm.io/config-hash"]


async def test_the_application_verifies_the_database_that_the_operator_runs(world: World):
    await world.apply()
    await world.settle()

    settings = world.cluster.objects[CONFIG_MAP.name, "sales", "acme-config"]["data"]
    assert settings["HASTECRM_DATABASE_SSL_MODE"] == "verify-full"
    assert tls(world)["data"].keys() == {"ca.crt", "ca.key", "tls.crt", "tls.key"}


async def test_a_certificate_is_kept_until_it_is_due(world: World):
    await world.apply()
    await world.settle()
    before = tls(world)["data"]
    world.pass_time(days=239)
    world.cluster.writes.clear()
    await world.look()

    assert world.cluster.writes == []
    world.pass_time(days=2)
    await world.look()
    after = tls(world)["data"]
    assert after["ca.crt"] == before["ca.crt"]
    assert after["tls.crt"] != before["tls.crt"]


async def test_a_new_certificate_does_not_restart_the_application(world: World):
    await world.apply()
    await world.settle()
    before = trust(world)
    world.pass_time(days=300)
    await world.settle()

    assert trust(world) == before


async def test_a_new_authority_restarts_the_application(world: World):
    await world.apply()
    await world.settle()
    before = trust(world)
    world.cluster.vanish(SECRET, "sales", "acme-stores-tls")
    await world.settle()

    assert trust(world) != before


async def test_somebody_elses_edit_is_put_right_with_the_same_authority(world: World):
    await world.apply()
    await world.settle()
    authority = tls(world)["data"]["ca.crt"]
    world.cluster.edit(SECRET, "sales", "acme-stores-tls", {"data": {"tls.crt": ""}})
    await world.look()

    assert tls(world)["data"]["ca.crt"] == authority
    assert tls(world)["data"]["tls.crt"]


async def test_external_stores_need_no_certificate_of_ours(world: World):
    await world.apply(database=DATABASE, redis=REDIS)
    await world.look()

    assert (SECRET.name, "sales", "acme-stores-tls") not in world.cluster.objects
