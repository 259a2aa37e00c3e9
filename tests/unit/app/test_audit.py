"""What production must not be started with: each rule, case by case."""

import secrets
from typing import Any

import pytest

from hastecrm.core.settings import NEEDS, PREFIX, ROLES, ConfigurationError, Settings
from hastecrm.core.settings.audit import audit, refuse_unsafe
from hastecrm.core.settings.findings import Finding, Level
from hastecrm.core.settings.secrets import GENERATED, KEYS
from hastecrm.core.settings.strength import guessing_bits

EVERYTHING = frozenset(Settings.model_fields)
SAFE: dict[str, Any] = {
    "access_token": "uW0Xn3oJq8s1hYc5T7eLrKdZ4vB6mAgPfi2wQxN9RtE",
    "secret_key": "5bd2a1f07c3e4896e9d4b3021fa87c655bd1a2f07c3e4896",
    "database_password": "dN7-qLw2_Zx9KfYb",
    "redis_password": "hV3tP8_rMc6WjQe1",
    "database_host": "acme-postgres",
    "database_ssl_mode": "disable",
    "redis_host": "acme-redis",
    "api_url": "http://acme-api:8000",
    "public_url": "https://crm.example.com",
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {})


def found(**changes: Any) -> list[Finding]:
    return audit(Settings(**{**SAFE, **changes}), EVERYTHING)


def test_a_safe_installation_has_nothing_to_look_at() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({"environment": "development"}, Level.ERROR, "what led to them"),
        ({"access_token": "t" * 40}, Level.ERROR, "easy to guess"),
        ({"access_token": "abc123" * 8}, Level.ERROR, "easy to guess"),
        ({"access_token": "0123456789abcdefghijklmnopqrstuvwxyz"}, Level.ERROR, "easy to guess"),
        ({"secret_key": "changeme-changeme-changeme-changeme"}, Level.ERROR, "easy to guess"),
        ({"secret_key": "CHANGE-ME-this-secret-password-example"}, Level.ERROR, "easy to guess"),
        ({"database_password": "Xk3!vQ"}, Level.ERROR, "has 6 characters; at least 16 are needed"),
        ({"database_password": "hastecrm"}, Level.ERROR, "has 8 characters"),
        ({"database_password": "passwordpassword1"}, Level.ERROR, "easy to guess"),
        ({"redis_password": "1234567890123456"}, Level.ERROR, "easy to guess"),
        (
            {"redis_password": SAFE["database_password"]},
            Level.ERROR,
            "the same as HASTECRM_DATABASE_PASSWORD",
        ),
        ({"secret_key": SAFE["access_token"]}, Level.ERROR, "the same as HASTECRM_ACCESS_TOKEN"),
        ({"public_url": "http://crm.example.com"}, Level.ERROR, "clear text"),
        ({"public_url": "http://localhost:8080"}, Level.WARNING, "clear text"),
        ({"public_url": "http://[::1]:8080"}, Level.WARNING, "clear text"),
        ({"public_url": None}, Level.WARNING, "have no HSTS"),
        ({"database_password": None}, Level.WARNING, "without one"),
        ({"redis_password": None}, Level.WARNING, "is not set"),
        ({"database_host": "db.example.com"}, Level.WARNING, "is unencrypted"),
        ({"database_host": "8.8.8.8", "database_ssl_mode": "prefer"}, Level.WARNING, "may be unencrypted"),
        ({"redis_host": "cache.example.com"}, Level.WARNING, "is unencrypted"),
        ({"trusted_proxies": "10.0.0.0/8, 0.0.0.0/0"}, Level.ERROR, "0.0.0.0/0 lets every client"),
        ({"cors_origins": "https://a.example, http://b.example"}, Level.WARNING, "http://b.example can be"),
        ({"trusted_proxies": "::/0"}, Level.ERROR, "::/0 lets every client"),
        ({"access_token_previous": "x-Gd0aQ2LkP9wZ7sVb3Nf6Hc1Rt8Ye4U"}, Level.WARNING, "still accepted"),
        ({"secret_key_previous": "x-Gd0aQ2LkP9wZ7sVb3Nf6Hc1Rt8Ye4U"}, Level.WARNING, "still accepted"),
        ({"mail_host": "smtp.example.com", "mail_tls": "none"}, Level.WARNING, "clear text"),
        ({"rate_limit_auth": "off"}, Level.WARNING, "passwords can be tried"),
        ({"log_level": "DEBUG"}, Level.WARNING, "DEBUG"),
        ({"redis_host": None, "redis_password": None}, Level.WARNING, "no cache"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_is_unsafe_is_found(changes: dict[str, Any], level: Level, said: str) -> None:
    findings = found(**changes)

    assert [(finding.level, said in finding.wrong) for finding in findings] == [(level, True)]
    assert findings[0].variable.removeprefix(PREFIX).lower() in {
        *changes,
        "database_ssl_mode",
        "redis_tls",
        "mail_tls",
    }
    assert findings[0].fix


@pytest.mark.parametrize(
    "changes",
    [
        {"database_host": "127.0.0.1"},
        {"database_host": "/run/postgresql"},
        {"database_host": "acme-postgres.crm.svc.cluster.local"},
        {"database_host": "10.0.0.7"},
        {"database_host": "db.example.com", "database_ssl_mode": "verify-full"},
        {"redis_host": "cache.example.com", "redis_tls": True},
        {"log_level": "WARNING"},
        {"cors_origins": "https://a.example,http://localhost:5173"},
        {"trusted_proxies": "10.0.0.0/8,fd00::/8"},
    ],
    ids=lambda value: "-".join(map(str, value.values())),
)
def test_what_is_safe_is_left_alone(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


@pytest.mark.parametrize("weak", ["zq" * 20, "changeme-changeme-changeme-changeme", "Xk3!vQ"])
def test_no_secret_is_shown(weak: str) -> None:
    found_weak = found(
        access_token=weak.ljust(32, "-"),
        database_password=weak,
        redis_password=weak,
        secret_key=weak.ljust(32, "-"),
    )

    assert len(found_weak) >= 4
    assert weak not in " ".join(finding.line for finding in found_weak)


def test_errors_come_before_warnings() -> None:
    levels = [finding.level for finding in found(log_level="DEBUG", public_url=None, access_token="t" * 40)]

    assert levels == [Level.ERROR, Level.WARNING, Level.WARNING]


def test_a_role_is_judged_by_what_it_reads() -> None:
    settings = Settings(**{**SAFE, "access_token": "t" * 40, "database_password": "short"})

    judged = {role: {finding.variable for finding in audit(settings, NEEDS[role].fields)} for role in ROLES}
    assert judged == {
        "migrate": {"HASTECRM_DATABASE_PASSWORD"},
        "api": {"HASTECRM_ACCESS_TOKEN", "HASTECRM_DATABASE_PASSWORD"},
        "web": set(),
        "worker": {"HASTECRM_DATABASE_PASSWORD"},
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_not_start_unsafe_in_production(role: str) -> None:
    weak = Settings(**{**SAFE, "secret_key": "t" * 40, "database_password": "short"})

    with pytest.raises(ConfigurationError) as caught:
        refuse_unsafe(role, weak)
    assert "HASTECRM_CONFIG_CHECK" in caught.value.lines[-1]


@pytest.mark.parametrize(
    "changes",
    [{"environment": "development"}, {"config_check": "warn"}, {"access_token": SAFE["access_token"]}],
)
def test_a_role_starts_where_it_may(changes: dict[str, Any]) -> None:
    refuse_unsafe("api", Settings(**{**SAFE, "access_token": "t" * 40, "log_level": "DEBUG", **changes}))


def test_commands_for_people_are_never_refused() -> None:
    refuse_unsafe("smoke", Settings(**{**SAFE, "access_token": "t" * 40}))


@pytest.mark.parametrize(
    ("draw", "least"),
    [
        (lambda: secrets.token_urlsafe(32), 64),
        (lambda: secrets.token_hex(32), 64),
        (lambda: secrets.token_hex(16), 64),
        (lambda: secrets.token_urlsafe(12), 28),
        (lambda: secrets.token_hex(8), 28),
    ],
    ids=["256 bits", "256 bits in hex", "128 bits in hex", "16 characters", "16 characters of hex"],
)
def test_what_was_drawn_at_random_is_never_called_weak(draw: Any, least: float) -> None:
    assert min(guessing_bits(draw()) for _ in range(2000)) > least


@pytest.mark.parametrize(
    "value", ["", "a", "aaaaaaaa", "abcdefgh", "87654321", "password", "Secret", "CHANGEME"]
)
def test_what_needs_no_guessing_is_worth_next_to_nothing(value: str) -> None:
    assert guessing_bits(value) < 3


def test_keys_are_recognised_by_their_type() -> None:
    assert {"access_token", "secret_key"} <= set(KEYS)
    assert {"database_password", "redis_password"} <= set(GENERATED)
    assert not [name for name in GENERATED if name.endswith("_previous")]
