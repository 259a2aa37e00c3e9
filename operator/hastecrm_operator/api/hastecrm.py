"""The HasteCRM object as a platform engineer writes it."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import Field, field_validator

from hastecrm_operator.api.components import APISpec, WebSpec, WorkerSpec
from hastecrm_operator.api.database import DatabaseSpec
from hastecrm_operator.api.images import ImagesSpec
from hastecrm_operator.api.model import Model, Observed
from hastecrm_operator.api.names import LONGEST_NAME
from hastecrm_operator.api.redis import RedisSpec
from hastecrm_operator.api.texts import DNSName, Version
from hastecrm_operator.api.unchangeable import WRITTEN_OUT

_NAME: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


class LoggingSpec(Model):
    """What the application writes to its log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severity that is logged. Default: INFO."
    )


class HasteCRMSpec(Model):
    """One installation of the CRM."""

    version: Version = Field(description="The release to run; the only field you must write. Example: 1.4.2.")
    host: DNSName | None = Field(
        None, description="Public DNS name under which people reach the CRM. Example: crm.example.com."
    )
    images: ImagesSpec = Field(ImagesSpec(), description="Container images, when not those of the release.")
    # The scale subresource reads replicas from the stored object.
    api: APISpec = Field(
        APISpec(), description="The tier that answers REST requests.", json_schema_extra=WRITTEN_OUT
    )
    web: WebSpec = Field(
        WebSpec(), description="The tier that serves pages to browsers.", json_schema_extra=WRITTEN_OUT
    )
    worker: WorkerSpec = Field(
        WorkerSpec(), description="The tier that works in the background.", json_schema_extra=WRITTEN_OUT
    )
    database: DatabaseSpec = Field(
        default_factory=lambda: DatabaseSpec.model_validate({}),
        description="Where the data lives: exactly one of managed and external. Default: managed.",
        json_schema_extra=WRITTEN_OUT,
    )
    redis: RedisSpec = Field(
        default_factory=lambda: RedisSpec.model_validate({}),
        description="Where the cache lives: exactly one of managed and external. Default: managed.",
        json_schema_extra=WRITTEN_OUT,
    )
    logging: LoggingSpec = Field(LoggingSpec(), description="What the application writes to its log.")
    paused: bool = Field(
        False,
        description="While true, the operator looks and reports but changes nothing. Default: false.",
    )


class Metadata(Observed):
    """What we read of the object's metadata."""

    name: str = Field(max_length=LONGEST_NAME)
    namespace: str
    uid: str
    generation: int = 1

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
        return cls.model_validate(body)
