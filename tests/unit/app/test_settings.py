"""Settings are read once, and every mistake is named with its remedy."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from hastecrm.core.settings import NEEDS, ConfigurationError, Settings
from hastecrm.core.settings.reference import reference
from hastecrm.core.settings.values import parse_duration

TOKEN = "t" * 32
API = {"HASTECRM_ACCESS_TOKEN": TOKEN, "HASTECRM_SECRET_KEY": TOKEN, "HASTECRM_DATABASE_HOST": "db"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which only the test sets `HASTECRM_` variables."""
    for name in [name for name in os.environ if name.startswith("HASTECRM_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def load(environment: pytest.MonkeyPatch, command: str, **variables: str) -> Settings:
    for name, value in variables.items():
        environment.setenv(name, value)
    return Settings.load(command)


def mistakes(environment: pytest.MonkeyPatch, command: str, **variables: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(environment, command, **variables)
    return caught.value.lines


def test_defaults_are_those_of_production(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, "api", **API)

    assert (settings.environment, settings.log_level) == ("production", "INFO")
    assert (settings.app_port, settings.probe_port, settings.database_port) == (8000, 9000, 5432)
    assert (settings.pool_min_size, settings.pool_max_size, settings.statement_timeout) == (2, 10, 5.0)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("api", {"HASTECRM_ACCESS_TOKEN", "HASTECRM_SECRET_KEY", "HASTECRM_DATABASE_HOST"}),
        ("web", {"HASTECRM_SECRET_KEY", "HASTECRM_API_URL"}),
        ("worker", {"HASTECRM_DATABASE_HOST"}),
        ("migrate", {"HASTECRM_DATABASE_HOST"}),
        ("smoke", {"HASTECRM_DATABASE_HOST"}),
    ],
)
def test_each_command_asks_only_for_what_it_needs(
    environment: pytest.MonkeyPatch, command: str, missing: set[str]
) -> None:
    lines = mistakes(environment, command)

    assert {line.partition(":")[0] for line in lines} == missing
    assert all("must be set, got nothing; fix: set HASTECRM_" in line for line in lines)


def test_schema_needs_nothing_and_ignores_what_is_wrong_elsewhere(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, "schema", HASTECRM_DATABASE_PORT="nonsense", HASTECRM_POOL_MAX_SIZE="0")

    assert settings.database_port == 5432


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "HASTECRM_DATABASE_PORT",
            "70000",
            "must be at most 65535, got '70000'; fix: set HASTECRM_DATABASE_PORT",
        ),
        ("HASTECRM_DATABASE_PORT", "abc", "must be a whole number, got 'abc'"),
        ("HASTECRM_APP_PORT", "0", "must be at least 1, got '0'"),
        ("HASTECRM_LOG_LEVEL", "loud", "must be one of 'DEBUG', 'INFO', 'WARNING' or 'ERROR', got 'loud'"),
        (
            "HASTECRM_STATEMENT_TIMEOUT",
            "soon",
            "must be a number of seconds or a duration such as 5s, got 'soon'",
        ),
        ("HASTECRM_STATEMENT_TIMEOUT", "0s", "must be more than 0, got '0s'"),
        ("HASTECRM_REDIS_TLS", "perhaps", "must be true or false, got 'perhaps'"),
        (
            "HASTECRM_ACCESS_TOKEN",
            "short-one",
            "must have at least 32 characters, got a secret of 9 characters",
        ),
        ("HASTECRM_DATABASE_CA_FILE", "/nowhere.pem", "must be the path of a file that can be read"),
        ("HASTECRM_POOL_MIN_SIZE", "11", "must not exceed HASTECRM_POOL_MAX_SIZE, got 11 and 10"),
    ],
)
def test_a_bad_value_is_one_line_with_field_reason_and_remedy(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    lines = mistakes(environment, "api", **{**API, name: value})

    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: {said}")
    assert "; fix: " in lines[0]
    assert "short-one" not in lines[0]


@pytest.mark.parametrize("url", ["acme-api:8000", "ftp://acme", "http://", "/api"])
def test_an_address_of_the_api_must_be_one(environment: pytest.MonkeyPatch, url: str) -> None:
    variables = {"HASTECRM_ACCESS_TOKEN": TOKEN, "HASTECRM_SECRET_KEY": TOKEN, "HASTECRM_API_URL": url}

    lines = mistakes(environment, "web", **variables)
    assert lines[0].startswith("HASTECRM_API_URL: must be an address such as http://hastecrm-api:8000")


def test_a_service_address_injected_by_the_cluster_is_recognised(environment: pytest.MonkeyPatch) -> None:
    lines = mistakes(environment, "api", **API, HASTECRM_REDIS_PORT="tcp://10.0.0.7:6379")

    assert "enableServiceLinks: false" in lines[0]


def test_an_empty_variable_counts_as_unset(environment: pytest.MonkeyPatch) -> None:
    assert load(environment, "api", **API, HASTECRM_DATABASE_PORT="").database_port == 5432


def test_settings_cannot_change_and_do_not_show_secrets(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, "api", **API, HASTECRM_DATABASE_PASSWORD="open sesame")

    with pytest.raises(ValidationError):
        settings.app_port = 1  # type: ignore[misc]
    assert TOKEN not in repr(settings)
    assert "open sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5.0), ("500ms", 0.5), ("1m30s", 90.0), ("2h", 7200.0), ("1.5s", 1.5)]
)
def test_durations_are_read_as_kubernetes_writes_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["", "s", "5 parsecs", "-5s", 7, None])
def test_what_is_no_duration_is_left_to_the_field(value: object) -> None:
    assert parse_duration(value) == value


def test_every_setting_is_read_by_some_command() -> None:
    read = set().union(*(needs.fields for needs in NEEDS.values()))

    assert read == set(Settings.model_fields)


def test_the_reference_page_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"

    assert page.read_text(encoding="utf-8").startswith(reference())


@pytest.mark.parametrize(
    ("command", "missing"),
    [("api", {"MAIL_FROM", "PUBLIC_URL"}), ("worker", {"MAIL_FROM", "PUBLIC_URL", "SECRET_KEY"})],
)
def test_mail_asks_for_what_letters_need(
    environment: pytest.MonkeyPatch, command: str, missing: set[str]
) -> None:
    given = API if command == "api" else {"HASTECRM_DATABASE_HOST": "db"}
    lines = mistakes(environment, command, **given, HASTECRM_MAIL_HOST="mail.example.com")

    assert {line.partition(":")[0] for line in lines} == {f"HASTECRM_{name}" for name in missing}


def test_open_sign_up_needs_mail(environment: pytest.MonkeyPatch) -> None:
    [line] = mistakes(environment, "api", **API, HASTECRM_SIGNUP="open")

    assert line.startswith("HASTECRM_MAIL_HOST: must be set where HASTECRM_SIGNUP is open")


def test_an_endpoint_for_spans_needs_the_packages_that_send_them(environment: pytest.MonkeyPatch) -> None:
    endpoint = {"HASTECRM_OTLP_ENDPOINT": "http://collector:4318/"}
    with_extra = load(environment, "api", **API, **endpoint)
    environment.setattr("hastecrm.core.settings.telemetry.find_spec", lambda _name: None)

    assert with_extra.otlp_endpoint == "http://collector:4318"
    [line] = mistakes(environment, "api", **API, **endpoint)
    assert line.startswith("HASTECRM_OTLP_ENDPOINT: needs the packages of the extra `otel`")
