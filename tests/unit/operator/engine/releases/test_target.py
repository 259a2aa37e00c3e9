"""What a release is: exactly what the application's pods are made of, whoever renders them."""

from typing import Any

import pytest
from tests.factories.crm import crm, rendering
from tests.factories.good_specs import GOOD

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.releases.target import part, target, with_part
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.rendering import images_for


def hash_of(of: HasteCRM) -> str:
    return target(of, images_for(of, "localhost/hastecrm"))


def pods(of: HasteCRM) -> Any:
    made = application(of, rendering(of, ""))
    return config_map(of)["data"], [m["spec"]["template"] for m in made if m["kind"] == "Deployment"]


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD)
def test_it_changes_exactly_when_pods_would(spec: dict):
    # What kind of database there is never changes.
    kinds = {"cloudNativePG": {}} if "cloudNativePG" in spec.get("database", {}) else {"managed": {}}
    one, other = crm(database=kinds), crm(**spec)

    assert (hash_of(one) != hash_of(other)) == (pods(one) != pods(other))


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD)
def test_a_recorded_release_makes_the_pods_that_it_made(spec: dict):
    recorded = crm(**spec)
    # The kind of database never changes, and which stores there are is not a release's to decide.
    now = crm(**{key: value for key, value in spec.items() if key in {"database", "redis"}}, version="9.9.9")
    back = with_part(now, part(recorded))

    assert hash_of(back) == hash_of(recorded)
    assert pods(back) == pods(recorded)


def test_what_is_not_part_of_a_release_follows_the_object():
    recorded = crm(version="0.1.0", api={"replicas": 2}, logging={"level": "DEBUG"})
    now = crm(
        version="0.2.0",
        api={"replicas": 5, "env": [{"name": "A", "value": "b"}]},
        database={"managed": {"storage": {"size": "30Gi"}}},
        maintenanceWindows=[{"days": ["Sat"], "start": "02:00", "end": "05:00"}],
    )

    back = with_part(now, part(recorded))

    assert (back.spec.version, back.spec.logging.level, back.spec.api.env) == ("0.1.0", "DEBUG", ())
    assert back.spec.api.replicas == 5
    assert back.spec.database == now.spec.database
    assert back.spec.maintenance_windows == now.spec.maintenance_windows


def test_a_default_that_is_written_out_is_no_other_release():
    assert hash_of(crm(logging={"level": "INFO"}, api={"probes": {}})) == hash_of(crm())


def test_the_public_door_may_change_without_a_release():
    ingress = {"className": "nginx", "tls": {"secretName": "door"}}
    one = crm(host="crm.example.com", access={"ingress": ingress})
    other = crm(host="crm.example.com", access={"ingress": {**ingress, "className": "haproxy"}})

    assert hash_of(one) == hash_of(other)
    assert with_part(other, part(one)).spec.access == other.spec.access


def test_a_public_name_comes_back_with_its_door():
    before = crm()
    now = crm(host="crm.example.com", access={"ingress": {"tls": {"secretName": "door"}}})

    assert with_part(now, part(before)).spec.access is None


def test_a_cache_that_was_elsewhere_comes_back():
    before = crm(redis={"external": {"host": "cache.example"}})

    assert with_part(crm(redis={"managed": {"maxMemory": "64Mi"}}), part(before)).spec.redis.managed is None
