"""The two programs share no code, so what they agree on is compared here."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, crm, manifests

from hastecrm.core.settings import NEEDS, PREFIX, Settings
from hastecrm.core.settings.audit import audit
from hastecrm.core.settings.findings import Level
from hastecrm.core.settings.secrets import GENERATED
from hastecrm_operator.resources.config_map import (
    DATABASE_CA_FILE,
    MAIL_CA_FILE,
    OPENID_DIRECTORY,
    REDIS_CA_FILE,
    config_map,
)

ROLES = ("api", "web", "worker", "migrate")
MOUNTED = (DATABASE_CA_FILE, REDIS_CA_FILE, MAIL_CA_FILE, OPENID_DIRECTORY)


def own_variables(container: dict[str, Any]) -> set[str]:
    names = {variable["name"] for variable in container["env"]}
    return {name.removeprefix(PREFIX).lower() for name in names if name.startswith(PREFIX)}


def containers(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for manifest in manifests(crm(**spec)):
        for container in manifest.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            if container["name"] in ROLES:
                yield container["args"][0], container


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_every_variable_that_the_operator_sets_is_a_setting_of_the_application(spec: dict[str, Any]):
    configured = {key.removeprefix(PREFIX).lower() for key in config_map(crm(**spec))["data"]}
    given = set().union(*(own_variables(container) for _, container in containers(spec)))

    assert (configured | given) - Settings.model_fields.keys() == set()


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_every_role_gets_the_settings_that_it_cannot_do_without(spec: dict[str, Any]):
    configured = {key.removeprefix(PREFIX).lower() for key in config_map(crm(**spec))["data"]}
    found = dict(containers(spec))

    assert found.keys() == set(ROLES)
    for role, container in found.items():
        assert set(NEEDS[role].required) <= configured | own_variables(container), role


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_the_application_accepts_the_configuration(
    spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    for key, value in config_map(crm(**spec))["data"].items():
        monkeypatch.setenv(key, str(tmp_path) if value in MOUNTED else value)
    for secret in ("ACCESS_TOKEN", "SECRET_KEY"):
        monkeypatch.setenv(f"{PREFIX}{secret}", "s" * 43)  # as long as 256 bits in URL-safe base 64

    for role in ROLES:
        assert Settings.load(role).database_host in {
            "acme-postgres",
            "acme-postgres-rw",
            "postgres.example.com",
        }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_the_application_does_not_refuse_what_the_operator_sets(
    spec: dict[str, Any], role: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    for key, value in config_map(crm(**spec))["data"].items():
        monkeypatch.setenv(key, str(tmp_path) if value in MOUNTED else value)
    for name in GENERATED:
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", secrets.token_urlsafe(32))  # as the operator does

    findings = audit(Settings.load(role), NEEDS[role].fields)
    assert [finding.line for finding in findings if finding.level is Level.ERROR] == []
