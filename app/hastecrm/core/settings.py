"""All configuration of the CRM: one frozen class, read from `HASTECRM_` variables, checked at the door."""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HASTECRM_"
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


class ConfigurationError(Exception):
    """Settings that cannot be used; `lines` has one sentence per variable."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def parse_duration(value: object) -> object:
    """Return seconds for a number or a duration such as `1m30s`; leave anything else to pydantic."""
    if not isinstance(value, str) or not value or _DURATION.sub("", value.strip()):
        return value
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value))


def _readable(value: str) -> str:
    if not os.access(value, os.R_OK):
        raise ValueError("must be the path of a file that can be read")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as http://hastecrm-api:8000")
    return value.rstrip("/")


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=1, le=65535)]
LongSecret = Annotated[SecretStr, Field(min_length=32)]
ReadableFile = Annotated[str, AfterValidator(_readable)]
URL = Annotated[str, AfterValidator(_http_url)]


class Settings(BaseSettings):
    """What an operator of the CRM can set; every field is `HASTECRM_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    environment: Literal["production", "development"] = Field(
        "production", description="In development, error bodies show the chain of causes."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe event that is logged."
    )
    access_token: LongSecret | None = Field(None, description="Bearer token of the API.")
    secret_key: LongSecret | None = Field(None, description="Signs the web tier's session cookies.")

    database_host: str | None = Field(None, min_length=1, description="PostgreSQL host.")
    database_port: Port = Field(5432, description="PostgreSQL port.")
    database_name: str = Field("hastecrm", min_length=1, description="Database to use.")
    database_user: str = Field("hastecrm", min_length=1, description="Role to connect as.")
    database_password: SecretStr | None = Field(None, description="Password of that role.")
    database_ssl_mode: Literal["disable", "prefer", "require", "verify-full"] = Field(
        "prefer", description="How TLS to PostgreSQL is negotiated."
    )
    database_ca_file: ReadableFile | None = Field(None, description="CA bundle (PEM) for `verify-full`.")
    pool_min_size: int = Field(2, ge=0, le=100, description="Connections kept open.")
    pool_max_size: int = Field(10, ge=1, le=500, description="Connections at most.")
    pool_timeout: Seconds = Field(2.0, description="Longest wait for a free connection; then 503.")
    statement_timeout: Seconds = Field(5.0, description="Longest a statement may run; then 504.")
    migrate_wait: Seconds = Field(60.0, description="How long `migrate` waits for the database.")

    redis_host: str | None = Field(None, description="Redis host; without it nothing is cached.")
    redis_port: Port = Field(6379, description="Redis port.")
    redis_password: SecretStr | None = Field(None, description="Redis password.")
    redis_tls: bool = Field(False, description="Whether Redis is reached through TLS.")

    api_url: URL | None = Field(None, description="Where the web tier finds the API.")
    public_url: URL | None = Field(None, description="Address that browsers use; https turns on HSTS.")
    listen_host: str = Field("0.0.0.0", description="Address both ports bind to; `::` for IPv6.")  # noqa: S104 - a pod serves its whole network
    app_port: Port = Field(8000, description="Port of the application (api and web).")
    probe_port: Port = Field(9000, description="Port of probes and metrics.")
    readiness: Literal["strict", "degraded"] = Field(
        "strict", description="Whether a lost PostgreSQL (web: API) makes the pod unready or only degraded."
    )
    check_interval: Seconds = Field(1.0, description="Pause between two looks at each dependency.")
    drain_seconds: Annotated[float, BeforeValidator(parse_duration), Field(ge=0, le=300)] = Field(
        3.0, description="How long a stopping pod goes on accepting requests."
    )
    shutdown_seconds: Seconds = Field(20.0, description="How long requests in flight may take to end.")
    retention_days: int = Field(30, ge=1, le=3650, description="Age at which deleted records are purged.")
    housekeeping_interval: Seconds = Field(300.0, description="How often deleted records are purged.")
    job_concurrency: int = Field(
        4, ge=1, le=100, description="Jobs a worker runs at once; two less than the pool at most."
    )
    job_lease: Seconds = Field(
        30.0, description="How soon the jobs of a worker that died are run by another."
    )
    job_poll: Seconds = Field(1.0, description="How often a worker looks for jobs without being told of one.")
    termination_log: str = Field("/dev/termination-log", description="Where a Job leaves its report.")

    @classmethod
    def load(cls, command: str) -> Self:
        """Read the environment for one command; raise `ConfigurationError` naming each bad variable."""
        needs = NEEDS[command]
        settings, lines = cls._read(needs.fields)
        for name in needs.required:
            if getattr(settings, name) is None:
                lines.setdefault(name, _line(name, "must be set", "nothing"))
        if lines:
            raise ConfigurationError(list(lines.values()))
        if "pool_min_size" in needs.fields:
            _check_together(settings)
        return settings

    @classmethod
    def _read(cls, relevant: frozenset[str]) -> tuple[Self, dict[str, str]]:
        try:
            return cls(), {}
        except ValidationError as exc:
            bad = {str(error["loc"][0]): error for error in exc.errors()}
        # A variable that this command never reads must not stop it.
        lines = {name: _explain(name, bad[name]) for name in bad if name in relevant}
        defaults = {name: cls.model_fields[name].default for name in bad}
        return cls(**defaults), lines


def _check_together(settings: Settings) -> None:
    if settings.pool_min_size > settings.pool_max_size:
        shown = f"{settings.pool_min_size} and {settings.pool_max_size}"
        raise ConfigurationError([_line("pool_min_size", "must not exceed HASTECRM_POOL_MAX_SIZE", shown)])


class Needs:
    """The settings that one command reads: those it cannot do without, and those with a default."""

    def __init__(self, *required: str, groups: tuple[str, ...] = ()) -> None:
        self.required = required
        picked = {name for name in Settings.model_fields if name.startswith(groups)} if groups else set()
        self.fields = frozenset(picked | {*required, "environment", "log_level", "termination_log"})


_SERVER = ("listen", "app_port", "probe_port", "drain", "shutdown", "readiness", "check")
_DATABASE = ("database", "pool", "statement")
NEEDS: Mapping[str, Needs] = MappingProxyType(
    {
        "api": Needs("access_token", "database_host", groups=(*_SERVER, *_DATABASE, "redis")),
        "web": Needs("access_token", "secret_key", "api_url", groups=(*_SERVER, "public")),
        "worker": Needs("database_host", groups=(*_SERVER, *_DATABASE, "retention", "housekeeping", "job")),
        "migrate": Needs("database_host", groups=(*_DATABASE, "migrate")),
        "demo": Needs("database_host", groups=_DATABASE),
        "smoke": Needs("access_token"),
        "schema": Needs(),
    }
)


def _explain(name: str, error: Any) -> str:
    context = error.get("ctx", {})
    wanted = {
        "int_parsing": "must be a whole number",
        "float_parsing": "must be a number of seconds or a duration such as 5s",
        "bool_parsing": "must be true or false",
        "literal_error": f"must be one of {context.get('expected')}",
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "greater_than": f"must be more than {context.get('gt')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "too_short": f"must have at least {context.get('min_length')} characters",
        "string_too_short": f"must have at least {context.get('min_length')} characters",
    }.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return _line(name, wanted, _shown(name, error["input"]))


def _shown(name: str, value: object) -> str:
    if "Secret" in str(Settings.model_fields[name].annotation):
        return f"a secret of {len(str(value))} characters"
    return repr(value)


def _line(name: str, wanted: str, got: str) -> str:
    fix = f"set {PREFIX}{name.upper()}"
    if "tcp://" in got:
        fix = "the cluster injected a service address here; set enableServiceLinks: false in the pod"
    elif name in {"access_token", "secret_key"}:
        fix += " to the output of `openssl rand -hex 32`"
    elif (default := Settings.model_fields[name].default) is not None:
        fix += f", or unset it for the default {default}"
    return f"{PREFIX}{name.upper()}: {wanted}, got {got}; fix: {fix}"
