"""Environment variables that a user adds to a tier."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.texts import EnvName, Key, ObjectName


class KeySelector(Model):
    """One key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName = Field(description="Name of the Secret or ConfigMap. Example: mail.")
    key: Key = Field(description="Key within it. Example: password.")


_ONE_SOURCE = "valueFrom needs exactly one of secretKeyRef and configMapKeyRef"


class EnvSource(Model):
    """Where a value comes from; exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("has(self.secretKeyRef) != has(self.configMapKeyRef)", _ONE_SOURCE))
    )

    secret_key_ref: KeySelector | None = Field(None, description="A key of a Secret.")
    config_map_key_ref: KeySelector | None = Field(None, description="A key of a ConfigMap.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.secret_key_ref is None) == (self.config_map_key_ref is None):
            raise ValueError(_ONE_SOURCE)
        return self


_ONE_VALUE = "an environment variable needs exactly one of value and valueFrom"


class EnvVar(Model):
    """One environment variable; it wins over one of the same name that the operator sets."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("has(self.value) != has(self.valueFrom)", _ONE_VALUE))
    )

    name: EnvName = Field(description="Name of the variable. Example: HTTPS_PROXY.")
    value: str | None = Field(
        None, max_length=32768, description="The value itself; no place for a secret. Example: INFO."
    )
    value_from: EnvSource | None = Field(None, description="Where the value comes from.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.value is None) == (self.value_from is None):
            raise ValueError(_ONE_VALUE)
        return self
