"""Where the data lives: a PostgreSQL that the operator or CloudNativePG runs, or one that exists."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator

from hastecrm_operator.api.computing import Resources
from hastecrm_operator.api.durations import Duration, seconds
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.quantities import Quantity
from hastecrm_operator.api.storage import SecretReference, Storage
from hastecrm_operator.api.texts import Address, DatabaseName, Image, ObjectName, Parameter, ParameterName
from hastecrm_operator.api.unchangeable import WRITTEN_OUT, kept_volume, same_kind, same_storage

DATABASE_SIZE: Final = "10Gi"


class DatabaseStorage(Storage):
    """The volume of the managed database."""

    size: Quantity = Field(DATABASE_SIZE, description="Size of the volume in bytes. Default: 10Gi.")


# What the operator or the image decides: another value would lock everybody out or lose data.
_DECIDED: Final = (
    "archive_command",
    "archive_mode",
    "config_file",
    "data_directory",
    "fsync",
    "full_page_writes",
    "hba_file",
    "ident_file",
    "listen_addresses",
    "password_encryption",
    "port",
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_key_file",
    "unix_socket_directories",
)
_NOT_YOURS: Final = f"parameters must not set what the operator decides: {', '.join(_DECIDED)}"
_ALLOWED: Final[dict[str, JsonValue]] = rules(
    rule(f"self.all(k, !(k in {list(_DECIDED)}))", _NOT_YOURS),
    rule(
        "self.all(k, k.matches('^[a-z_][a-z0-9_.]*$'))",
        "parameters must be named as in postgresql.conf, like work_mem",
    ),
)


def _undecided(parameters: dict[str, str]) -> dict[str, str]:
    if set(parameters) & set(_DECIDED):
        raise ValueError(_NOT_YOURS)
    return parameters


Parameters = Annotated[dict[ParameterName, Parameter], AfterValidator(_undecided)]
"""Settings of a PostgreSQL server, by name."""


class ManagedDatabase(Model):
    """A PostgreSQL server in one pod with a volume, run by the operator."""

    storage: DatabaseStorage = Field(
        DatabaseStorage(), description="The volume that holds the data.", json_schema_extra=WRITTEN_OUT
    )
    resources: Resources | None = Field(
        None,
        description="What the server asks for and may use; its settings follow the memory limit. "
        "Default: that of `spec.size`.",
    )
    parameters: Parameters = Field(
        {},
        max_length=100,
        description="Settings of the server. Example: {work_mem: 16MB}.",
        json_schema_extra=_ALLOWED,
    )


class DatabaseCredentials(SecretReference):
    """How to sign in to an existing server."""

    secret_name: ObjectName = Field(
        description="Secret with the keys `username` and `password`. Example: crm-database."
    )


_CA_NEEDS_VERIFY = "caSecretName is only used with sslMode: verify-full; set that, or leave caSecretName out"


class ExternalDatabase(Model):
    """A PostgreSQL server (version 15 or newer) that exists; the database must exist in it."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("!has(self.caSecretName) || self.sslMode == 'verify-full'", _CA_NEEDS_VERIFY)
        )
    )

    host: Address = Field(description="Address of the server. Example: postgres.example.com.")
    port: int = Field(5432, ge=1, le=65535, description="TCP port of the server. Default: 5432.")
    name: DatabaseName = Field("hastecrm", description="Name of the database. Default: hastecrm.")
    ssl_mode: Literal["disable", "require", "verify-full"] = Field(
        "require",
        description="disable = plain text; require = encrypted; verify-full = encrypted and the server "
        "proves its name. Default: require.",
    )
    credentials: DatabaseCredentials = Field(description="How to sign in.")
    ca_secret_name: ObjectName | None = Field(
        None, description="Secret with the key `ca.crt`: the authorities to trust. Example: crm-database-ca."
    )

    @model_validator(mode="after")
    def _ca_is_used(self) -> Self:
        if self.ca_secret_name and self.ssl_mode != "verify-full":
            raise ValueError(_CA_NEEDS_VERIFY)
        return self


class CloudNativeDatabase(Model):
    """A cluster of PostgreSQL servers, run by the CloudNativePG operator."""

    model_config = ConfigDict(
        json_schema_extra=rules(*kept_volume("database.cloudNativePG.storage", ".storage"))
    )

    instances: int = Field(
        3, ge=1, le=9, description="Servers: one primary, the others replicas. Default: 3."
    )
    storage: DatabaseStorage = Field(
        DatabaseStorage(), description="The volume of each server.", json_schema_extra=WRITTEN_OUT
    )
    resources: Resources | None = Field(
        None, description="What each server asks for and may use. Default: that of `spec.size`."
    )
    parameters: Parameters = Field(
        {},
        max_length=100,
        description="Settings of the servers. Example: {work_mem: 16MB}.",
        json_schema_extra=_ALLOWED,
    )
    image_name: Image | None = Field(
        None,
        description="Image of the servers; without it CloudNativePG's own. Example: "
        "ghcr.io/cloudnative-pg/postgresql:16.",
    )


_SIZES = "pool.minSize must not be more than pool.maxSize"
_TOO_PATIENT = "pool.statementTimeout must not be more than 1h"


class Pool(Model):
    """Connections that each application pod keeps to the database."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("self.minSize <= self.maxSize", _SIZES),
            rule("duration(self.statementTimeout) <= duration('1h')", _TOO_PATIENT),
        )
    )

    min_size: int = Field(2, ge=0, le=100, description="Connections kept open. Default: 2.")
    max_size: int = Field(10, ge=1, le=500, description="Connections at most. Default: 10.")
    statement_timeout: Duration = Field(
        "5s", description="The server ends a statement that takes longer than this; at most 1h. Default: 5s."
    )

    @model_validator(mode="after")
    def _within_reason(self) -> Self:
        if self.min_size > self.max_size:
            raise ValueError(_SIZES)
        if seconds(self.statement_timeout) > 3600:
            raise ValueError(_TOO_PATIENT)
        return self


_ONE_OF = "database needs exactly one of managed, external and cloudNativePG"


class DatabaseSpec(Model):
    """Exactly one of managed, external and cloudNativePG; with none written, managed by its defaults."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.managed), has(self.external), has(self.cloudNativePG)].filter(x, x).size() <= 1",
                _ONE_OF,
            ),
            same_kind("database"),
            *same_storage("database", DATABASE_SIZE),
        )
    )

    managed: ManagedDatabase | None = Field(None, description="A server that the operator runs.")
    external: ExternalDatabase | None = Field(None, description="A server that exists.")
    cloud_native_pg: CloudNativeDatabase | None = Field(
        None, alias="cloudNativePG", description="A cluster that CloudNativePG runs; needs its operator."
    )
    pool: Pool = Field(Pool(), description="Connections of each application pod.")

    @model_validator(mode="before")
    @classmethod
    def _managed_unless_said(cls, data: object) -> object:
        kinds = ("managed", "external", "cloudNativePG", "cloud_native_pg")
        if isinstance(data, dict) and not any(data.get(kind) is not None for kind in kinds):
            return {**data, "managed": {}}
        return data

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.managed, self.external, self.cloud_native_pg].count(None) != 2:
            raise ValueError(_ONE_OF)
        return self
