"""What the operator reports about a HasteCRM."""

from pydantic import Field

from hastecrm_operator.api.conditions import Condition
from hastecrm_operator.api.model import Observed


class SchemaStatus(Observed):
    """The database schema, as the last migration reported it."""

    version: int = Field(description="Version of the schema.")
    compatible_from: int = Field(description="Oldest version of the application's schema that runs on it.")


class TierStatus(Observed):
    """Pods of one tier."""

    desired: int = Field(description="Pods that should run.")
    updated: int = Field(description="Pods that run the wanted release and configuration.")
    ready: int = Field(description="Pods that are ready.")


class Blocker(Observed):
    """Something that keeps the object from being ready."""

    object: str = Field(description="What does not run. Example: Deployment/acme-api.")
    reason: str = Field(description="Why, as one word. Example: ImagePullBackOff.")
    message: str = Field(description="Why, as a sentence, and what to do.")
    since: str | None = Field(None, description="Since when.", json_schema_extra={"format": "date-time"})


class HasteCRMStatus(Observed):
    """What was seen last; written by the operator only."""

    observed_generation: int | None = Field(
        None,
        description="Generation of the spec that this status is about.",
        json_schema_extra={"format": "int64"},
    )
    phase: str | None = Field(None, description="One word for people; machines read the conditions.")
    endpoint: str | None = Field(None, description="URL under which the CRM is reached.")
    version: str | None = Field(None, description="Release that fully runs.")
    schema_: SchemaStatus | None = Field(None, alias="schema", description="The database schema.")
    api: TierStatus | None = Field(None, description="Pods of the api tier.")
    web: TierStatus | None = Field(None, description="Pods of the web tier.")
    worker: TierStatus | None = Field(None, description="Pods of the worker tier.")
    selector: str | None = Field(None, description="Label selector of the api pods, for autoscalers.")
    blocking: tuple[Blocker, ...] = Field(
        (),
        description="What keeps the object from being ready, with the way out.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        description="What holds of the object; wait for Ready.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
