"""What the GraphQL address promises; light to import, the engine is not."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from hastecrm.core.operations import Operation, Reply
from hastecrm.core.policy import Open

PATH: Final = "/graphql"
STREAM_PATH: Final = "/graphql/stream"
MEDIA_TYPE: Final = "application/graphql-response+json"


class GraphQLRequest(BaseModel):
    """The body of a GraphQL request."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"query": "{contacts(limit: 5) {items {firstName} next}}"}]},
    )

    query: str | None = Field(
        None, min_length=1, max_length=100_000, description="Its text; may be left out where it is stored."
    )
    variables: dict[str, Any] | None = None
    operationName: str | None = Field(None, max_length=200)  # noqa: N815 - the name is GraphQL's
    extensions: dict[str, Any] | None = Field(
        None, description="`persistedQuery.sha256Hash` names a query that is stored, or is to be."
    )


class GraphQLResponse(BaseModel):
    """Data, errors, or both: a field that failed is null and has an error."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None


OPERATION: Final = Operation(
    "graphql",
    "POST",
    PATH,
    "Run one GraphQL operation",
    [Reply(200, "Data, errors in `errors`, or both", GraphQLResponse)],
    Open.KNOWN,
    body=GraphQLRequest,
)
STREAM: Final = Operation(
    "graphqlStream",
    "POST",
    STREAM_PATH,
    "Run one GraphQL operation, a subscription as a rule, and get its results as server-sent events",
    [Reply(200, "Events `next` with a GraphQLResponse each, and `complete` at the end (graphql-sse)")],
    Open.KNOWN,
    body=GraphQLRequest,
    compressed=False,
)
