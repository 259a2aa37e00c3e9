"""What settings must not be in production, beyond being well-formed. Pure: no I/O, and no secret is shown."""

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from itertools import combinations
from urllib.parse import urlsplit

from pydantic import SecretStr

from hastecrm.core.settings import NEEDS, PREFIX, ROLES, ConfigurationError, Settings
from hastecrm.core.settings.findings import Finding, Level
from hastecrm.core.settings.secrets import KEYS, PASSWORDS
from hastecrm.core.settings.strength import guessing_bits
from hastecrm.core.settings.values import is_secret

PASSWORD_LENGTH = 16
# Less than what is drawn at random ever has at the shortest length that is accepted.
_KEY_BITS = 64.0
_PASSWORD_BITS = 28.0
_OTHER_BITS = 16.0  # given by others, who may be content with less
_OF_OTHERS = (f"{PREFIX}OPERATOR_", f"{PREFIX}CLUSTER_", f"{PREFIX}TEST_")
_NEVER_PUBLIC = (".local", ".localhost", ".internal", ".svc", ".cluster.local")

_WAY_OUT = Finding(
    f"{PREFIX}CONFIG_CHECK",
    "enforce: unsafe settings are refused in production",
    "see `hastecrm check-config`, or set it to warn to start all the same",
)

Rule = Callable[[Settings], Iterator[Finding]]


def audit(settings: Settings, names: Collection[str]) -> list[Finding]:
    """Return what is wrong with these settings in production, the worst first."""
    read = {variable(name) for name in names}
    found = [finding for rule in RULES for finding in rule(settings) if finding.variable in read]
    return sorted(found, key=lambda finding: finding.level is Level.WARNING)


def unknown(names: Iterable[str]) -> Iterator[Finding]:
    """Yield a warning about each variable that looks like a setting and is none."""
    known = [variable(name) for name in Settings.model_fields]
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_OF_OTHERS):
            meant = "".join(f"; did you mean {near}?" for near in get_close_matches(name, known, 1))
            wrong = "is no setting of the CRM, and does nothing"
            yield Finding(name, wrong, f"correct its spelling, or remove it{meant}", Level.WARNING)


def refuse_unsafe(command: str, settings: Settings) -> None:
    """Raise `ConfigurationError` where a role must not run like this in production."""
    if command not in ROLES or settings.environment != "production" or settings.config_check != "enforce":
        return
    findings = audit(settings, NEEDS[command].fields)
    if errors := [finding for finding in findings if finding.level is Level.ERROR]:
        raise ConfigurationError([*errors, _WAY_OUT])


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _finding(name: str, wrong: str, fix: str, level: Level = Level.ERROR) -> Finding:
    return Finding(variable(name), wrong, fix, level)


def _warning(name: str, wrong: str, fix: str) -> Finding:
    return _finding(name, wrong, fix, Level.WARNING)


def _secrets(settings: Settings) -> dict[str, str]:
    fields = [name for name, field in Settings.model_fields.items() if is_secret(field.annotation)]
    values = {name: getattr(settings, name) for name in fields}
    return {name: value.get_secret_value() for name, value in values.items() if isinstance(value, SecretStr)}


def _environment(settings: Settings) -> Iterator[Finding]:
    if settings.environment != "production":
        yield _finding(
            "environment", "errors tell callers what led to them", "set HASTECRM_ENVIRONMENT to production"
        )


def _weak_secrets(settings: Settings) -> Iterator[Finding]:
    for name, value in _secrets(settings).items():
        least = _KEY_BITS if name in KEYS else _PASSWORD_BITS if name in PASSWORDS else _OTHER_BITS
        if name in PASSWORDS and len(value) < PASSWORD_LENGTH:
            wrong = f"has {len(value)} characters; at least {PASSWORD_LENGTH} are needed"
        elif (bits := guessing_bits(value)) < least:
            wrong = (
                f"is easy to guess: worth about {bits:.0f} bits, at least {least:.0f} are needed "
                "(known words, repetition and sequences count for nothing)"
            )
        else:
            continue
        yield _finding(name, wrong, _new_value(name))


def _new_value(name: str) -> str:
    if name in KEYS or name in PASSWORDS:
        return f"take the value that `hastecrm generate-secrets --only {variable(name)}` prints"
    return "ask whoever issued it for another one"


def _unfinished_rotation(settings: Settings) -> Iterator[Finding]:
    for name in ("access_token_previous", "secret_key_previous"):
        if getattr(settings, name) is not None:
            wrong = "is still accepted: whoever knows it comes in"
            fix = "remove it when its successor is used everywhere (docs/how-to/rotate-secrets.md)"
            yield _warning(name, wrong, fix)


def _repeated_secrets(settings: Settings) -> Iterator[Finding]:
    for (first, one), (second, other) in combinations(_secrets(settings).items(), 2):
        if one == other:
            wrong = f"is the same as {variable(first)}: whoever learns one knows both"
            yield _finding(second, wrong, _new_value(second))


def _missing_passwords(settings: Settings) -> Iterator[Finding]:
    if settings.database_host is not None and settings.database_password is None:
        yield _warning(
            "database_password",
            "is not set: PostgreSQL lets the role in without one",
            "give the role a password",
        )
    if settings.redis_host is not None and settings.redis_password is None:
        yield _warning(
            "redis_password",
            "is not set: whoever reaches Redis may read the cache",
            "set `requirepass` in Redis",
        )


def _public_address(settings: Settings) -> Iterator[Finding]:
    if settings.public_url is None:
        wrong = "is not set: pages have no HSTS, their cookies are not Secure, mails cannot link to them"
        yield _warning("public_url", wrong, "set it to the https address that browsers use")
    elif settings.public_url.startswith("http://"):
        host = urlsplit(settings.public_url).hostname or ""
        level = Level.WARNING if _is_loopback(host) else Level.ERROR
        wrong = "is an http address: passwords and sessions travel in clear text"
        yield _finding("public_url", wrong, "serve it through TLS and use its https address", level)


def _origins(settings: Settings) -> Iterator[Finding]:
    for origin in settings.cors_origins:  # patterns and `null` are refused where they are parsed
        if origin.startswith("http://") and not _is_loopback(urlsplit(origin).hostname or ""):
            yield _warning("cors_origins", f"{origin} can be changed on the way", "use its https address")


def _proxies(settings: Settings) -> Iterator[Finding]:
    for network in map(str, settings.trusted_proxies):
        if network.endswith("/0"):
            wrong = f"{network} lets every client claim any address, past all rate limits"
            yield _finding("trusted_proxies", wrong, "name the networks of your own proxies only")


def _transport(settings: Settings) -> Iterator[Finding]:
    if _is_far(settings.database_host) and settings.database_ssl_mode in {"disable", "prefer"}:
        said = "is" if settings.database_ssl_mode == "disable" else "may be"
        wrong = f"{settings.database_ssl_mode}: the way to {settings.database_host} {said} unencrypted"
        yield _warning("database_ssl_mode", wrong, "use verify-full with HASTECRM_DATABASE_CA_FILE")
    if _is_far(settings.mail_host) and settings.mail_tls == "none":
        wrong = f"none: mails to {settings.mail_host}, with their links, travel in clear text"
        yield _warning("mail_tls", wrong, "set HASTECRM_MAIL_TLS to starttls or tls")
    if _is_far(settings.redis_host) and not settings.redis_tls:
        wrong = f"false: the way to {settings.redis_host} is unencrypted"
        yield _warning("redis_tls", wrong, "set HASTECRM_REDIS_TLS to true")


def _limits(settings: Settings) -> Iterator[Finding]:
    if not settings.rate_limit_auth.requests:
        wrong = "off: passwords can be tried as fast as they can be checked"
        yield _warning("rate_limit_auth", wrong, "set a rate, or unset it for the default")


def _talkative(settings: Settings) -> Iterator[Finding]:
    if settings.log_level == "DEBUG":
        yield _warning("log_level", "DEBUG: slow, and more is written down than needed", "use INFO")


def _degraded(settings: Settings) -> Iterator[Finding]:
    if settings.redis_host is None:
        wrong = "is not set: no cache, and limits count in each process for itself"
        yield _warning("redis_host", wrong, "set it to the host of a Redis")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_far(host: str | None) -> bool:
    """Whether a host lies beyond this machine and the private network around it."""
    if host is None or host.startswith("/"):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # A name without a dot is known in its own cluster or compose file only.
        return "." in host and not host.endswith(_NEVER_PUBLIC)


RULES: tuple[Rule, ...] = (
    _environment,
    _weak_secrets,
    _repeated_secrets,
    _unfinished_rotation,
    _public_address,
    _origins,
    _proxies,
    _missing_passwords,
    _transport,
    _limits,
    _talkative,
    _degraded,
)
