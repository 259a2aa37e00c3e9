from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, EXTERNAL_DATABASE, EXTERNAL_REDIS, crm

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.references import references, storage_classes
from hastecrm_operator.resources.rendering import images_for
from hastecrm_operator.resources.secrets import secret_templates


def settings(of: HasteCRM) -> dict[str, str]:
    return {key.removeprefix("HASTECRM_"): value for key, value in config_map(of)["data"].items()}


def named(of: HasteCRM) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {r.field_path: (r.name, r.keys) for r in references(of)}


def test_managed_stores_are_found_by_their_services():
    found = settings(crm())

    assert found["DATABASE_HOST"] == "acme-postgres"
    assert found["REDIS_HOST"] == "acme-redis"
    assert found["API_URL"] == "http://acme-api:8000"


def test_external_stores_are_found_where_the_user_says():
    found = settings(crm(database={"external": EXTERNAL_DATABASE}, redis={"external": EXTERNAL_REDIS}))

    assert found["DATABASE_HOST"] == "postgres.example.com"
    assert found["DATABASE_SSL_MODE"] == "verify-full"
    assert found["DATABASE_CA_FILE"] == "/run/secrets/hastecrm-ca/ca.crt"
    assert (found["REDIS_HOST"], found["REDIS_PORT"], found["REDIS_TLS"]) == ("10.0.0.7", "6380", "true")


def test_the_public_address_is_known_only_with_a_host():
    assert "PUBLIC_URL" not in settings(crm())
    assert settings(crm(host="crm.example.com"))["PUBLIC_URL"] == "https://crm.example.com"


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_no_password_is_in_the_configuration(spec: dict[str, Any]):
    assert [key for key in settings(crm(**spec)) if key.endswith(("PASSWORD", "TOKEN", "KEY"))] == []


def test_a_release_alone_does_not_change_the_configuration():
    assert config_map(crm(version="0.1.0")) == config_map(crm(version="0.2.0"))


def test_generated_secrets_are_named_after_the_object():
    wanted = {t.manifest["metadata"]["name"]: t.keys for t in secret_templates(crm())}

    assert wanted == {
        "acme-keys": ("secretKey", "accessToken"),
        "acme-database": ("username", "password"),
        "acme-redis": ("username", "password"),
    }


def test_nothing_is_generated_for_stores_that_exist():
    external = crm(database={"external": EXTERNAL_DATABASE}, redis={"external": EXTERNAL_REDIS})

    assert [t.manifest["metadata"]["name"] for t in secret_templates(external)] == ["acme-keys"]


def test_every_secret_that_a_user_names_is_known_with_its_field_and_keys():
    everything = crm(
        images={"pullSecrets": [{"name": "registry"}]},
        worker={"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "mail", "key": "password"}}}]},
        database={"external": EXTERNAL_DATABASE},
        redis={"external": EXTERNAL_REDIS},
    )

    assert named(everything) == {
        "spec.images.pullSecrets[0].name": ("registry", (".dockerconfigjson",)),
        "spec.worker.env[0].valueFrom.secretKeyRef": ("mail", ("password",)),
        "spec.database.external.credentials.secretName": ("crm-database", ("username", "password")),
        "spec.database.external.caSecretName": ("crm-database-ca", ("ca.crt",)),
        "spec.redis.external.credentials.secretName": ("crm-redis", ("password",)),
        "spec.redis.external.caSecretName": ("crm-redis-ca", ("ca.crt",)),
    }


def test_a_small_object_names_nothing_that_must_exist():
    assert named(crm()) == {}
    assert storage_classes(crm()) == []


def test_every_storage_class_that_a_user_names_is_known_with_its_field():
    chosen = crm(
        database={"managed": {"storage": {"className": "fast"}}},
        redis={"managed": {"storage": {"className": "slow"}}},
    )

    assert storage_classes(chosen) == [
        ("spec.database.managed.storage.className", "fast"),
        ("spec.redis.managed.storage.className", "slow"),
    ]


def test_images_come_from_the_repository_unless_the_spec_names_them():
    images = images_for(
        crm(version="1.2.3", images={"redis": "r.example/redis@sha256:0"}), "ghcr.io/hastecrm"
    )

    assert images.app == "ghcr.io/hastecrm/app:1.2.3"
    assert images.postgres == "ghcr.io/hastecrm/postgres:15-2"
    assert images.redis == "r.example/redis@sha256:0"
