from typing import Any

import pytest
from pydantic import ValidationError
from tests.factories.bad_specs import BAD
from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS, body, crm
from tests.factories.good_specs import GOOD

from hastecrm_operator.api.hastecrm import HasteCRM

EXPLAINED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a typo": ({"verzion": "1"}, "spec.verzion", "Extra inputs are not permitted"),
    "a typo deep down": ({"api": {"replica": 2}}, "spec.api.replica", "Extra inputs are not permitted"),
    "no replicas below zero": ({"api": {"replicas": -1}}, "spec.api.replicas", "greater than or equal to 0"),
    "a host with capitals": ({"host": "CRM.example"}, "spec.host", "must be a DNS name"),
    "a host that is an address": ({"host": "https://x.y"}, "spec.host", "must be a DNS name"),
    "a version that is no tag": ({"version": "1 0"}, "spec.version", "must be a version"),
    "both databases": (
        {"database": {"managed": {}, "external": EXTERNAL_DATABASE}},
        "spec.database",
        "database needs exactly one of managed, external and cloudNativePG",
    ),
    "both caches": (
        {"redis": {"managed": {}, "external": EXTERNAL_REDIS}},
        "spec.redis",
        "redis needs exactly one of managed and external",
    ),
    "a pool upside down": (
        {"database": {"pool": {"minSize": 9, "maxSize": 3}}},
        "spec.database.pool",
        "pool.minSize must not be more than pool.maxSize",
    ),
    "a statement for ever": (
        {"database": {"pool": {"statementTimeout": "61m"}}},
        "spec.database.pool",
        "must not be more than 1h",
    ),
    "a size in words": (
        {"database": {"managed": {"storage": {"size": "big"}}}},
        "spec.database.managed.storage.size",
        "'big' must be a quantity like",
    ),
    "a CA that nobody checks": (
        {"database": {"external": {**EXTERNAL_DATABASE, "sslMode": "require"}}},
        "spec.database.external",
        "caSecretName is only used with sslMode: verify-full",
    ),
    "a limit below the request": (
        {"web": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}}},
        "spec.web.resources",
        "requests.memory 1Gi is more than limits.memory 512Mi",
    ),
    "a variable with two values": (
        {
            "api": {
                "env": [{"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
            }
        },
        "spec.api.env.0",
        "exactly one of value and valueFrom",
    ),
    "a variable without a value": ({"api": {"env": [{"name": "A"}]}}, "spec.api.env.0", "exactly one of"),
    "a variable twice": (
        {"api": {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}},
        "spec.api.env",
        "'A' is given twice",
    ),
    "a value from nowhere": (
        {"api": {"env": [{"name": "A", "valueFrom": {}}]}},
        "spec.api.env.0.valueFrom",
        "exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a level of its own": ({"logging": {"level": "LOUD"}}, "spec.logging.level", "'DEBUG', 'INFO'"),
}


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD)
def test_a_good_object_is_parsed(spec: dict[str, Any]):
    parsed = HasteCRM.parse(body(**spec))

    assert parsed.metadata.name == "acme"
    assert parsed.metadata.generation == 3


@pytest.mark.parametrize("spec", [spec for spec, _ in BAD.values()], ids=BAD)
def test_what_the_api_server_refuses_is_refused_here_too(spec: dict[str, Any]):
    written = {"version": "0.1.0", **spec}

    with pytest.raises(ValidationError):
        HasteCRM.parse(
            {**body(), "spec": {key: value for key, value in written.items() if value is not None}}
        )


@pytest.mark.parametrize(("spec", "field", "sentence"), EXPLAINED.values(), ids=EXPLAINED)
def test_a_bad_field_is_named_and_explained(spec: dict[str, Any], field: str, sentence: str):
    with pytest.raises(ValidationError) as refusal:
        HasteCRM.parse(body(**spec))

    errors = {".".join(map(str, e["loc"])): e["msg"] for e in refusal.value.errors()}
    assert sentence in errors[field]


def test_version_is_the_only_required_field():
    with pytest.raises(ValidationError) as refusal:
        HasteCRM.parse({**body(), "spec": {}})

    assert [error["loc"] for error in refusal.value.errors()] == [("spec", "version")]


@pytest.mark.parametrize("name", ["1crm", "a.b", "Acme", "a" * 41, "a-"], ids=lambda n: n[:6])
def test_a_name_that_no_service_may_have_is_refused(name: str):
    with pytest.raises(ValidationError):
        HasteCRM.parse(body(name))


def test_every_bad_field_is_told_at_once():
    with pytest.raises(ValidationError) as refusal:
        HasteCRM.parse(body(host="?", api={"replicas": "many"}, paused="maybe"))

    assert refusal.value.error_count() == 3


@pytest.mark.parametrize("store", ["database", "redis"])
@pytest.mark.parametrize("written", [{}, {"managed": {}}, None], ids=["empty", "managed", "left out"])
def test_a_store_is_managed_unless_said_otherwise(store: str, written: dict[str, Any] | None):
    parsed = crm(**({store: written} if written is not None else {}))

    assert getattr(parsed.spec, store).managed is not None
    assert getattr(parsed.spec, store).external is None


def test_what_was_parsed_cannot_be_changed():
    parsed = crm()

    with pytest.raises(ValidationError, match="frozen"):
        parsed.spec.paused = True  # type: ignore[misc]
