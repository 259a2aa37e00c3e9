"""The HasteCRM object as a platform engineer writes it."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

import orjson
from pydantic import ConfigDict, Field, field_validator, model_validator

from hastecrm_operator.api.access import AccessSpec
from hastecrm_operator.api.auth import AuthSpec, MailSpec
from hastecrm_operator.api.backup import BackupSpec
from hastecrm_operator.api.components import APISpec, WebSpec, WorkerSpec
from hastecrm_operator.api.database import DatabaseSpec
from hastecrm_operator.api.durations import LongDuration
from hastecrm_operator.api.images import ImagesSpec
from hastecrm_operator.api.model import Model, Observed, rule, rules
from hastecrm_operator.api.names import LONGEST_NAME
from hastecrm_operator.api.redis import RedisSpec
from hastecrm_operator.api.release import ReleaseSpec, RollbackSpec
from hastecrm_operator.api.schedules import MaintenanceWindow
from hastecrm_operator.api.security import CredentialsSpec, MonitoringSpec, SecuritySpec
from hastecrm_operator.api.sizes import Size
from hastecrm_operator.api.texts import DNSName, Version
from hastecrm_operator.api.unchangeable import WRITTEN_OUT

_NAME: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


class LoggingSpec(Model):
    """What the application writes to its log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severity that is logged. Default: INFO."
    )


_ACCESS_NEEDS_HOST: Final = "access needs host: the name under which people reach the CRM"
_VERIFICATION_NEEDS_MAIL: Final = (
    "auth.emailVerification needs mail: people could never confirm their address"
)
_SIGN_UP_NEEDS_MAIL: Final = "auth.signup: open needs mail: people sign up by a mailed link"
_MAIL_NEEDS_HOST: Final = "mail needs host: letters hold links to the CRM"
_LAST_BACKUP_NEEDS_DESTINATION: Final = (
    "deletionPolicy: BackupThenDelete needs backup.destination: where the last dump goes"
)


class HasteCRMSpec(Model):
    """One installation of the CRM."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("!has(self.access) || has(self.host)", _ACCESS_NEEDS_HOST),
            rule(
                "!has(self.auth) || !self.auth.emailVerification || has(self.mail)",
                _VERIFICATION_NEEDS_MAIL,
            ),
            rule(
                "!has(self.auth) || self.auth.signup != 'open' || has(self.mail)",
                _SIGN_UP_NEEDS_MAIL,
            ),
            rule("!has(self.mail) || has(self.host)", _MAIL_NEEDS_HOST),
            rule(
                "self.deletionPolicy != 'BackupThenDelete' || has(self.backup)",
                _LAST_BACKUP_NEEDS_DESTINATION,
            ),
        )
    )

    version: Version = Field(description="The release to run; the only field you must write. Example: 1.4.2.")
    host: DNSName | None = Field(
        None, description="Public DNS name under which people reach the CRM. Example: crm.example.com."
    )
    size: Size = Field(
        "small",
        description="What containers ask for unless their `resources` say otherwise: small = a team, "
        "medium = a "
        "company, large = thousands of people. Default: small.",
    )
    images: ImagesSpec = Field(ImagesSpec(), description="Container images, when not those of the release.")
    # The scale subresource reads replicas from the stored object.
    api: APISpec = Field(
        APISpec(), description="The tier that answers REST requests.", json_schema_extra=WRITTEN_OUT
    )
    web: WebSpec = Field(
        WebSpec(),
        description="The tier that serves pages to browsers; it takes what api takes.",
        json_schema_extra=WRITTEN_OUT,
    )
    worker: WorkerSpec = Field(
        WorkerSpec(),
        description="The tier that works in the background; it takes what api takes.",
        json_schema_extra=WRITTEN_OUT,
    )
    database: DatabaseSpec = Field(
        default_factory=lambda: DatabaseSpec.model_validate({}),
        description="Where the data lives: exactly one of managed, external and cloudNativePG. Default: "
        "managed.",
        json_schema_extra=WRITTEN_OUT,
    )
    redis: RedisSpec = Field(
        default_factory=lambda: RedisSpec.model_validate({}),
        description="Where the cache lives: exactly one of managed and external. Default: managed.",
        json_schema_extra=WRITTEN_OUT,
    )
    access: AccessSpec | None = Field(
        None, description="How the public reaches the CRM: exactly one of ingress and gateway; needs host."
    )
    auth: AuthSpec = Field(AuthSpec(), description="How people sign in.")
    mail: MailSpec | None = Field(
        None, description="The mail server; needs host. Without it the application sends no mail."
    )
    security: SecuritySpec = Field(
        SecuritySpec(), description="What may reach the application and how often."
    )
    credentials: CredentialsSpec = Field(CredentialsSpec(), description="When generated credentials change.")
    logging: LoggingSpec = Field(LoggingSpec(), description="What the application writes to its log.")
    monitoring: MonitoringSpec = Field(
        MonitoringSpec(), description="What is made for Prometheus and Grafana."
    )
    backup: BackupSpec | None = Field(None, description="Backups of the database; without it there are none.")
    release: ReleaseSpec = Field(
        ReleaseSpec(), description="How a new release is rolled out, judged and taken back."
    )
    rollback: RollbackSpec | None = Field(None, description="Run a recorded revision instead of the spec.")
    maintenance_windows: tuple[MaintenanceWindow, ...] = Field(
        (),
        max_length=20,
        description="When pods may be replaced; without any, at any time. What waits stands in "
        "status.pendingRollout.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    deletion_policy: Literal["Retain", "BackupThenDelete", "Delete"] = Field(
        "Retain",
        description="What happens to volumes and generated Secrets when the object is deleted: Retain = "
        "they stay, and a "
        "new object of the same name takes them over; BackupThenDelete = a last dump, then they go; "
        "Delete = they "
        "go at once. Default: Retain.",
    )
    deletion_deadline: LongDuration = Field(
        "1h",
        description="Time that the last dump may take; after it everything is kept instead. Default: 1h.",
    )
    paused: bool = Field(
        False,
        description="While true, the operator looks and reports but changes nothing. Default: false.",
    )
    hibernated: bool = Field(
        False,
        description="While true, no pod runs and all data is kept. Default: false.",
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.access and not self.host:
            raise ValueError(_ACCESS_NEEDS_HOST)
        if self.auth.email_verification and not self.mail:
            raise ValueError(_VERIFICATION_NEEDS_MAIL)
        if self.auth.signup == "open" and not self.mail:
            raise ValueError(_SIGN_UP_NEEDS_MAIL)
        if self.mail and not self.host:
            raise ValueError(_MAIL_NEEDS_HOST)
        if self.deletion_policy == "BackupThenDelete" and not self.backup:
            raise ValueError(_LAST_BACKUP_NEEDS_DESTINATION)
        return self


class Metadata(Observed):
    """What we read of the object's metadata."""

    name: str = Field(max_length=LONGEST_NAME)
    namespace: str
    uid: str
    generation: int = 1
    annotations: dict[str, str] = Field({}, description="What users ask for beside the spec.")

    @field_validator("name")
    @classmethod
    def _names_services(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} must start with a letter and hold only lower-case letters, digits and -"
            )
        return name


class HasteCRM(Observed):
    """A parsed HasteCRM object; everything below this line may be trusted."""

    metadata: Metadata
    spec: HasteCRMSpec

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the object in `body`; raises pydantic's ValidationError that names each bad field."""
        # Through JSON: only there strictness (no "yes" for true, no true for 1) takes lists for tuples.
        read = orjson.dumps({part: body.get(part) for part in cls.model_fields})
        return cls.model_validate_json(read, strict=True)
