"""External stores are tried by a Job; what it reports is a condition with the way out."""

from typing import Any

import orjson
import pytest
from tests.factories.crm import crm, rendering
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.connection_advice import advice
from hastecrm_operator.engine.connection_reports import parse
from hastecrm_operator.engine.kinds import JOB, POD, SECRET
from hastecrm_operator.resources.connection_check import check_job

DATABASE = {"external": {"host": "db.example.com", "credentials": {"secretName": "crm-database"}}}
REDIS = {"external": {"host": "cache.example.com"}}
REFUSED = {"ok": False, "reason": "AuthenticationFailed", "message": "PostgreSQL at db:5432: wrong password"}
GOOD = {"ok": True, "reason": "Connected", "message": "PostgreSQL 16.4, with TLS"}


@pytest.fixture
async def outside(world: World) -> World:
    """An object whose database exists outside, with the Secret that it needs."""
    await world.cluster.create(secret("one"))
    await world.apply(database=DATABASE)
    return world


def secret(uid: str) -> dict[str, Any]:
    meta = {"name": "crm-database", "namespace": "sales", "annotations": {"made": uid}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"username": "", "password": ""}}


def checks(world: World) -> list[str]:
    return [name for kind, _, name in world.cluster.objects if kind == JOB.name and "-check-" in name]


def report(world: World, said: dict[str, Any] | str, store: str = "database", *, ended: bool = False) -> None:
    """Let the pod of the only check say something with its last attempt."""
    (job,) = checks(world)
    words = said if isinstance(said, str) else orjson.dumps({store: said}).decode()
    attempt = {"terminated": {"exitCode": 0 if ended else 1, "message": words}}
    again = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": attempt}
    labels = {
        "app.kubernetes.io/managed-by": "hastecrm-operator",
        "app.kubernetes.io/instance": "acme",
        "app.kubernetes.io/component": "check",
        "job-name": job,
    }
    container = {"name": "check", **({"state": attempt} if ended else again)}
    status = {"phase": "Succeeded" if ended else "Running", "containerStatuses": [container]}
    meta = {"name": f"{job}-x", "namespace": "sales", "uid": "p", "labels": labels}
    world.cluster._store("ADDED", POD, {"metadata": meta, "status": status})


async def test_the_migration_waits_for_the_check(outside: World):
    await outside.look()

    assert len(checks(outside)) == 1
    assert outside.condition("DatabaseReady")["reason"] == "Checking"
    assert outside.condition("Migrated")["reason"] == "WaitingForDatabase"
    assert not [name for kind, _, name in outside.cluster.objects if "-migrate-" in name and kind == JOB.name]


async def test_a_failure_is_a_condition_with_its_word_and_the_way_out(outside: World):
    await outside.look()
    report(outside, REFUSED)
    await outside.look()

    told = outside.condition("DatabaseReady")
    assert (told["status"], told["reason"]) == ("False", "AuthenticationFailed")
    assert "wrong password" in told["message"]
    assert "the Secret that spec.database.external.credentials names" in told["message"]
    assert outside.condition("Migrated")["reason"] == "WaitingForDatabase"
    assert outside.status["blocking"] == []


async def test_a_success_is_told_with_the_version_of_the_server(outside: World):
    await outside.look()
    report(outside, GOOD, ended=True)
    await outside.settle()

    assert outside.condition("DatabaseReady")["status"] == "True"
    assert outside.condition("DatabaseReady")["message"] == "PostgreSQL 16.4, with TLS"
    assert outside.status["phase"] == "Ready"


async def test_a_success_counts_after_its_pod_is_gone(outside: World):
    await outside.settle()

    assert outside.condition("DatabaseReady")["reason"] == "Connected"
    assert outside.status["phase"] == "Ready"


async def test_a_check_that_succeeded_is_not_repeated(outside: World):
    await outside.settle()
    outside.cluster.writes.clear()
    outside.restart_operator()
    await outside.look()

    assert outside.cluster.writes == []


async def test_another_connection_is_checked_anew_and_the_old_check_goes(outside: World):
    await outside.settle()
    (before,) = checks(outside)
    external = {**DATABASE["external"], "port": 6432}
    await outside.apply(database={"external": external})
    await outside.look()

    (after,) = checks(outside)
    assert after != before


async def test_another_secret_is_checked_anew(outside: World):
    await outside.look()
    (before,) = checks(outside)
    outside.cluster.vanish(SECRET, "sales", "crm-database")
    await outside.cluster.create(secret("two"))
    await outside.look()

    (after,) = checks(outside)
    assert after != before


async def test_a_new_release_does_not_check_again(outside: World):
    await outside.settle()
    before = checks(outside)
    await outside.apply(version="0.2.0", database=DATABASE)
    await outside.settle()
    outside.cluster.writes.clear()
    outside.restart_operator()
    await outside.look()

    assert checks(outside) == before
    assert outside.cluster.writes == []


async def test_the_application_runs_without_its_external_cache_and_says_so(world: World):
    await world.apply(redis=REDIS)
    await world.look()
    report(world, {"ok": False, "reason": "Timeout", "message": "Redis at cache.example.com:6379"}, "redis")
    for _ in range(6):
        await world.look()
        world.play_controllers()
        report_kept(world)

    assert world.condition("CacheReady")["reason"] == "Timeout"
    assert world.condition("Available")["status"] == "True"
    assert world.condition("Ready")["reason"] == "Timeout"


def report_kept(world: World) -> None:
    (job,) = checks(world)
    world.cluster.edit(JOB, "sales", job, {"status": {"conditions": []}})


async def test_an_image_that_knows_no_check_says_so_in_its_own_words(outside: World):
    await outside.look()
    report(outside, "hastecrm: error: invalid choice: 'check-connections'")
    await outside.look()

    assert outside.condition("DatabaseReady")["reason"] == "CheckFailed"
    assert "invalid choice" in outside.condition("DatabaseReady")["message"]


async def test_a_paused_object_does_not_claim_what_nobody_checked(world: World):
    await world.apply(redis=REDIS, paused=True)
    await world.look()

    assert world.condition("CacheReady")["status"] == "Unknown"


def test_a_check_has_the_credentials_of_its_own_store_only():
    both = crm(
        database=DATABASE, redis={"external": {**REDIS["external"], "credentials": {"secretName": "r"}}}
    )
    needs = {}
    for store in ("database", "redis"):
        [container] = check_job(both, rendering(both), store, {})["spec"]["template"]["spec"]["containers"]
        needs[store] = {v["valueFrom"]["secretKeyRef"]["name"] for v in container["env"]}

    assert needs == {"database": {"crm-database"}, "redis": {"r"}}


@pytest.mark.parametrize(
    ("store", "reason", "words"),
    [
        ("database", "TLSNotOffered", "spec.database.external.sslMode"),
        ("redis", "TLSNotOffered", "spec.redis.external.tls"),
        ("redis", "CertificateInvalid", "spec.redis.external.caSecretName"),
        ("database", "Timeout", "spec.database.external.host"),
        ("database", "SomethingNew", "every 5 minutes"),
    ],
)
def test_the_way_out_names_the_field(store: str, reason: str, words: str):
    assert words in advice(store, reason)


@pytest.mark.parametrize("words", ["", '{"redis": {"ok": true}}', '{"version": 1}', "{broken"])
def test_what_says_nothing_of_the_store_is_no_report(words: str):
    assert parse(words, "database") is None


async def test_nobody_sleeps_beside_a_check_that_tries_again_and_again(world: World):
    await world.apply(redis=REDIS)
    await world.look()
    await world.apply(redis=REDIS, hibernated=True)
    await world.look()

    assert checks(world) == []
    assert world.condition("CacheReady")["status"] == "Unknown"


async def test_a_check_whose_image_was_wrong_is_made_again_with_the_right_one(outside: World):
    def image() -> str:
        (job,) = checks(outside)
        pod = outside.cluster.objects[JOB.name, "sales", job]["spec"]["template"]["spec"]
        return pod["containers"][0]["image"]

    await outside.apply(database=DATABASE, images={"app": "localhost/none:1"})
    await outside.look()
    await outside.look()
    assert image() == "localhost/none:1"
    await outside.apply(database=DATABASE)
    await outside.look()
    await outside.look()

    assert image() == "localhost/hastecrm/app:0.1.0"
