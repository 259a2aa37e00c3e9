"""What the addresses of API keys promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.api_keys import schemas

PATH: Final = "/api/v1/api-keys"
_KEY = Parameter("id", "path", "The key's id.", UUID_SCHEMA)

LIST = Operation(
    "listAPIKeys",
    "GET",
    PATH,
    "List one's own API keys, or everyone's for those who run the workspace; newest first",
    [Reply(200, "A page of keys", schemas.ShownAPIKeys)],
    Right(Resource.API_KEY, Verb.READ),
    parameters=PAGE_PARAMETERS,
    codes=[Code.VALIDATION_FAILED],
)
# Not idempotent: the answer would have to be kept, and the secret in it must not be.
CREATE = Operation(
    "createAPIKey",
    "POST",
    PATH,
    "Make an API key, which acts for the one who makes it, within its scopes",
    [Reply(201, "The key, with the secret that is shown this once", schemas.MadeAPIKey)],
    Right(Resource.API_KEY, Verb.CREATE),
    body=schemas.NewAPIKey,
    codes=[Code.BIZ_CONFLICT],
    compressed=False,
)
DELETE = Operation(
    "deleteAPIKey",
    "DELETE",
    f"{PATH}/{{id}}",
    "End an API key at once",
    [Reply(204, "It is gone")],
    Right(Resource.API_KEY, Verb.DELETE),
    parameters=[_KEY],
    codes=[Code.BIZ_NOT_FOUND],
)
OPERATIONS: Final = (LIST, CREATE, DELETE)
