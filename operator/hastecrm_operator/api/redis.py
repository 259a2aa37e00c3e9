"""Where the cache lives: a Redis that the operator runs, or one that exists."""

from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.computing import Resources
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.quantities import Quantity
from hastecrm_operator.api.storage import SecretReference, Storage
from hastecrm_operator.api.texts import Address, ObjectName
from hastecrm_operator.api.unchangeable import WRITTEN_OUT, same_storage

REDIS_SIZE: Final = "1Gi"


class RedisStorage(Storage):
    """The volume of the managed cache."""

    size: Quantity = Field(REDIS_SIZE, description="Size of the volume in bytes. Default: 1Gi.")


class ManagedRedis(Model):
    """A Redis server in one pod with a volume, run by the operator."""

    storage: RedisStorage = Field(
        RedisStorage(),
        description="The volume that holds the append-only file.",
        json_schema_extra=WRITTEN_OUT,
    )
    max_memory: Quantity = Field(
        "128Mi",
        description="Memory for data in bytes; beyond it, what is used least is dropped. Default: 128Mi.",
    )
    resources: Resources | None = Field(
        None,
        description="What the server asks for and may use. Default: requests 50m CPU and maxMemory, "
        "limit twice maxMemory (a rewrite of the append-only file needs a copy).",
    )


class RedisCredentials(SecretReference):
    """How to sign in to an existing server."""

    secret_name: ObjectName = Field(
        description="Secret with the key `password`, and `username` unless it is `default`. "
        "Example: crm-redis."
    )


_CA_NEEDS_TLS: Final = "redis.external.caSecretName needs tls: true; set that, or leave caSecretName out"


class ExternalRedis(Model):
    """A Redis server (version 7 or newer) that exists."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("!has(self.caSecretName) || self.tls", _CA_NEEDS_TLS))
    )

    host: Address = Field(description="Address of the server. Example: redis.example.com.")
    port: int = Field(6379, ge=1, le=65535, description="TCP port of the server. Default: 6379.")
    tls: bool = Field(False, description="Whether to speak TLS. Default: false.")
    credentials: RedisCredentials | None = Field(None, description="How to sign in; without it, nobody does.")
    ca_secret_name: ObjectName | None = Field(
        None, description="Secret with the key `ca.crt`: the authorities to trust. Example: crm-redis-ca."
    )

    @model_validator(mode="after")
    def _ca_is_used(self) -> Self:
        if self.ca_secret_name and not self.tls:
            raise ValueError(_CA_NEEDS_TLS)
        return self


_ONE_OF = "redis needs exactly one of managed and external"


class RedisSpec(Model):
    """Exactly one of managed and external; with neither of them written, managed with its defaults."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("!(has(self.managed) && has(self.external))", _ONE_OF),
            *same_storage("redis", REDIS_SIZE),
        )
    )

    managed: ManagedRedis | None = Field(None, description="A server that the operator runs.")
    external: ExternalRedis | None = Field(None, description="A server that exists.")

    @model_validator(mode="before")
    @classmethod
    def _managed_unless_said(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("managed") and not data.get("external"):
            return {**data, "managed": {}}
        return data

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if self.managed and self.external:
            raise ValueError(_ONE_OF)
        return self
