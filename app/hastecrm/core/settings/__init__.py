"""All configuration of the CRM: one frozen class, read from `HASTECRM_` variables, checked at the door.

Its fields stand in one module for each subject, beside this one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hastecrm.core.settings.ai import AISettings
from hastecrm.core.settings.backup import BackupSettings
from hastecrm.core.settings.files import FileSettings
from hastecrm.core.settings.findings import Finding
from hastecrm.core.settings.identity import IdentitySettings
from hastecrm.core.settings.mail import MailSettings
from hastecrm.core.settings.outbound import OutboundSettings
from hastecrm.core.settings.protection import ProtectionSettings
from hastecrm.core.settings.server import ServerSettings
from hastecrm.core.settings.storage import StorageSettings
from hastecrm.core.settings.telemetry import TelemetrySettings, has_extra
from hastecrm.core.settings.values import is_secret
from hastecrm.core.settings.work import WorkSettings

PREFIX: Final = "HASTECRM_"
SUBJECTS: Final = (
    ServerSettings,
    IdentitySettings,
    StorageSettings,
    FileSettings,
    ProtectionSettings,
    MailSettings,
    OutboundSettings,
    AISettings,
    WorkSettings,
    BackupSettings,
    TelemetrySettings,
)


# What runs in production, in the order of a release; the other commands are for people.
ROLES: Final = ("migrate", "api", "web", "worker")


class ConfigurationError(Exception):
    """Settings that cannot be used; `lines` has one sentence per variable."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        self.lines = [finding.line for finding in findings]
        super().__init__("\n".join(self.lines))


class Settings(
    TelemetrySettings,
    BackupSettings,
    WorkSettings,
    AISettings,
    OutboundSettings,
    MailSettings,
    ProtectionSettings,
    FileSettings,
    StorageSettings,
    IdentitySettings,
    ServerSettings,
    BaseSettings,
):
    """What an operator of the CRM can set; every field is `HASTECRM_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    @classmethod
    def load(cls, command: str, *, file: Path | None = None) -> Self:
        """Read the environment for one command; raise `ConfigurationError` naming each bad variable.

        What a `file` of variables says counts where the environment is silent.
        """
        needs = NEEDS[command]
        settings, wrong = cls._read(needs.fields, file)
        for name in needs.required:
            if getattr(settings, name) is None:
                wrong.setdefault(name, _finding(name, "must be set", "nothing"))
        if wrong:
            raise ConfigurationError(list(wrong.values()))
        if "pool_min_size" in needs.fields:
            _check_together(settings)
        if settings.otlp_endpoint is not None and "otlp_endpoint" in needs.fields and not has_extra():
            wanted = "needs the packages of the extra `otel`: pip install 'hastecrm[otel]'"
            raise ConfigurationError([_finding("otlp_endpoint", wanted, settings.otlp_endpoint)])
        if "mail_host" in needs.fields:
            _check_mail(settings, needs.fields)
        if "backup_directory" in needs.fields:
            _check_backup(settings)
        return settings

    @classmethod
    def readable(cls, *, file: Path | None = None) -> Self:
        """Read what can be read, with the default for everything else."""
        return cls._read(frozenset(), file)[0]

    @classmethod
    def _read(cls, relevant: frozenset[str], file: Path | None) -> tuple[Self, dict[str, Finding]]:
        try:
            return cls(_env_file=file), {}
        except ValidationError as exc:
            bad = {str(error["loc"][0]): error for error in exc.errors()}
        # A variable that this command never reads must not stop it.
        wrong = {name: _explain(name, bad[name]) for name in bad if name in relevant}
        defaults = {name: cls.model_fields[name].default for name in bad}
        return cls(_env_file=file, **defaults), wrong


def _check_together(settings: Settings) -> None:
    if settings.pool_min_size > settings.pool_max_size:
        shown = f"{settings.pool_min_size} and {settings.pool_max_size}"
        raise ConfigurationError([_finding("pool_min_size", "must not exceed HASTECRM_POOL_MAX_SIZE", shown)])


def _check_mail(settings: Settings, relevant: frozenset[str]) -> None:
    if settings.mail_host is None:
        if settings.signup == "open" and "signup" in relevant:
            raise ConfigurationError(
                [_finding("mail_host", "must be set where HASTECRM_SIGNUP is open", "nothing")]
            )
        return
    # Letters have a sender, hold links, and wait sealed.
    missing = [name for name in ("mail_from", "public_url", "secret_key") if getattr(settings, name) is None]
    if missing:
        wanted = "must be set beside HASTECRM_MAIL_HOST"
        raise ConfigurationError([_finding(name, wanted, "nothing") for name in missing])


def _check_backup(settings: Settings) -> None:
    bucket = {
        "backup_s3_endpoint",
        "backup_s3_bucket",
        "backup_s3_access_key_id",
        "backup_s3_secret_access_key",
    }
    missing = sorted(name for name in bucket if getattr(settings, name) is None)
    if settings.backup_directory is not None:
        if len(missing) < len(bucket):
            wanted = "must not be set beside a bucket: dumps go to one place"
            raise ConfigurationError([_finding("backup_directory", wanted, settings.backup_directory)])
    elif len(missing) == len(bucket):
        wanted = "must be set, or a bucket (HASTECRM_BACKUP_S3_ENDPOINT and what belongs to it)"
        raise ConfigurationError([_finding("backup_directory", wanted, "nothing")])
    elif missing:
        wanted = "must be set for a bucket"
        raise ConfigurationError([_finding(name, wanted, "nothing") for name in missing])


class Needs:
    """The settings that one command reads: those it cannot do without, and those with a default."""

    def __init__(self, *required: str, groups: tuple[str, ...] = ()) -> None:
        self.required = required
        picked = {name for name in Settings.model_fields if name.startswith(groups)} if groups else set()
        self.fields = frozenset(
            picked | {*required, "environment", "log_level", "termination_log", "config_check"}
        )


_SERVER = (
    "release",
    "listen",
    "app_port",
    "probe_port",
    "drain",
    "shutdown",
    "readiness",
    "check",
    "log",
    "otlp",
)
_PROTECTION = ("public", "trusted", "cors", "rate", "request", "max_connections")
_DATABASE = ("database", "pool", "statement", "sql")
_IDENTITY = ("access_token", "secret_key", "token", "session", "email", "signup", "openid")
_MAIL = ("mail", "public")
_BACKUP = (*_DATABASE, "backup", "migrate")
_FILES = ("file", "import")
_WORK = ("retention", "audit", "housekeeping", "job")
_PODS = ("app_port", "probe_port", "rate_limit_auth", "token_lifetime")
NEEDS: Mapping[str, Needs] = MappingProxyType(
    {
        "api": Needs(
            "access_token",
            "secret_key",
            "database_host",
            groups=(
                *_SERVER,
                *_DATABASE,
                *_IDENTITY,
                *_MAIL,
                *_PROTECTION,
                *_FILES,
                "redis",
                "graphql",
                "outbound",
                "ai_",
            ),
        ),
        "web": Needs("secret_key", "api_url", groups=(*_SERVER, *_PROTECTION, "secret_key", "signup")),
        "worker": Needs(
            "database_host", groups=(*_SERVER, *_DATABASE, *_FILES, *_WORK, *_MAIL, "secret_key", "outbound")
        ),
        "create-owner": Needs("database_host", groups=_DATABASE),
        "migrate": Needs("database_host", groups=(*_DATABASE, "migrate")),
        "backup": Needs("database_host", groups=_BACKUP),
        "backups": Needs(groups=("backup",)),
        "restore": Needs("database_host", groups=_BACKUP),
        "verify": Needs(groups=_BACKUP),
        "swap": Needs("database_host", groups=(*_DATABASE, "migrate")),
        "anonymise": Needs("database_host", groups=(*_DATABASE, "migrate", "anonymise")),
        "drop-database": Needs("database_host", groups=_DATABASE),
        "check-connections": Needs(groups=(*_DATABASE, "redis")),
        "jobs": Needs("database_host", groups=_DATABASE),
        "demo": Needs("database_host", groups=_DATABASE),
        "smoke": Needs("database_host", groups=_DATABASE),
        "analysis": Needs("database_host", groups=(*_DATABASE, *_PODS)),
        "schema": Needs(),
    }
)


def _explain(name: str, error: Any) -> Finding:
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
    return _finding(name, wanted, _shown(name, error["input"]))


def _shown(name: str, value: object) -> str:
    if is_secret(Settings.model_fields[name].annotation):
        return f"a secret of {len(str(value))} characters"
    return repr(value)


def _finding(name: str, wanted: str, got: str) -> Finding:
    fix = f"set {PREFIX}{name.upper()}"
    if "tcp://" in got:
        fix = "the cluster injected a service address here; set enableServiceLinks: false in the pod"
    elif name in {"access_token", "secret_key"}:
        fix += f" to the value that `hastecrm generate-secrets --only {PREFIX}{name.upper()}` prints"
    elif (default := Settings.model_fields[name].default) not in (None, ()):
        fix += f", or unset it for the default {default}"
    return Finding(f"{PREFIX}{name.upper()}", f"{wanted}, got {got}", fix)
