"""What a spec names must exist; pods are replaced when it changes, and stay until it exists."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.api.names import CONFIG_HASH_ANNOTATION
from hastecrm_operator.engine.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, Kind

MAIL = {"host": "smtp.example.com", "from": "crm@example.com"}
SECRET_VOLUME = {"name": "v", "secret": {"secretName": "named"}}
SOURCES: dict[str, tuple[Kind, str, dict[str, Any]]] = {
    "mail credentials": (
        SECRET,
        "spec.mail.credentials.secretName",
        {"host": "crm.example.com", "mail": {**MAIL, "credentials": {"secretName": "named"}}},
    ),
    "the mail server's authority": (
        SECRET,
        "spec.mail.caSecretName",
        {"host": "crm.example.com", "mail": {**MAIL, "caSecretName": "named"}},
    ),
    "a sign-in provider": (
        SECRET,
        "spec.auth.oauth[0].secretName",
        {"auth": {"oauth": [{"name": "google", "secretName": "named"}]}},
    ),
    "a variable from a Secret": (
        SECRET,
        "spec.api.env[0].valueFrom.secretKeyRef",
        {"api": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "named", "key": "a"}}}]}},
    ),
    "a variable from a ConfigMap": (
        CONFIG_MAP,
        "spec.api.env[0].valueFrom.configMapKeyRef",
        {"api": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "named", "key": "a"}}}]}},
    ),
    "a volume of a podTemplate": (
        SECRET,
        "spec.api.podTemplate.spec.volumes[0].secret",
        {"api": {"podTemplate": {"spec": {"volumes": [SECRET_VOLUME]}}}},
    ),
    "credentials of a registry": (
        SECRET,
        "spec.images.pullSecrets[0].name",
        {"images": {"pullSecrets": [{"name": "named"}]}},
    ),
}
KEYS = ("username", "password", "ca.crt", "issuer", "clientId", "clientSecret", "a", ".dockerconfigjson")


async def make(world: World, kind: Kind, *keys: str) -> None:
    """Make what is named, as a person does."""
    await world.cluster.create(
        {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": "named", "namespace": "sales"},
            "data": dict.fromkeys(keys, "eA=="),
        }
    )


def config_hash(world: World) -> str:
    template = world.cluster.objects[DEPLOYMENT.name, "sales", "acme-api"]["spec"]["template"]
    return str(template["metadata"]["annotations"][CONFIG_HASH_ANNOTATION])


@pytest.mark.parametrize(("kind", "field", "spec"), SOURCES.values(), ids=SOURCES)
async def test_a_change_of_what_is_named_replaces_the_pods(
    world: World, kind: Kind, field: str, spec: dict[str, Any]
):
    await make(world, kind, *KEYS)
    await world.apply(**spec)
    await world.settle()
    before = config_hash(world)
    world.cluster.edit(kind, "sales", "named", {"data": {"password": "eQ=="}})

    await world.settle()

    assert config_hash(world) != before
    world.cluster.writes.clear()
    await world.look()
    assert world.cluster.writes == []


@pytest.mark.parametrize(("kind", "field", "spec"), SOURCES.values(), ids=SOURCES)
async def test_what_is_missing_is_named_with_its_field_and_the_pods_stay(
    world: World, kind: Kind, field: str, spec: dict[str, Any]
):
    await world.apply()
    await world.settle()
    before = config_hash(world)
    await world.apply(**spec)

    await world.settle()

    ready = world.condition("Ready")
    assert ready["reason"] == f"{kind.name}NotFound"
    assert ready["message"].startswith(f"{field} names {kind.name} 'named', which does not exist")
    assert config_hash(world) == before


async def test_a_missing_key_is_named(world: World):
    await make(world, SECRET, "username")
    await world.apply(**SOURCES["mail credentials"][2])

    await world.look()

    assert world.condition("Ready")["reason"] == "SecretKeyMissing"
    assert "lacks the key password" in world.condition("Ready")["message"]
