"""What the addresses of privacy promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.privacy.schemas import (
    AddressesBody,
    EraseBody,
    ShownErased,
    ShownErasure,
    ShownErasures,
)

_ID: Final = Parameter("id", "path", "The id of the contact.", UUID_SCHEMA)
READ: Final = Right(Resource.PRIVACY, Verb.READ)
ERASE_RIGHT: Final = Right(Resource.PRIVACY, Verb.DELETE)

EXPORT: Final = Operation(
    "getPersonalData",
    "GET",
    "/api/v1/contacts/{id}/personal-data",
    "Everything that is kept about a person, as one JSON document",
    [Reply(200, "The document", None, {"Content-Disposition": "A name for the file."})],
    READ,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
    tagged=False,
    compressed=False,
)
ERASE: Final = Operation(
    "eraseContact",
    "POST",
    "/api/v1/contacts/{id}/erase",
    "Erase a person: the contact and everything that is kept about them, for good",
    [Reply(200, "What is left", ShownErasure)],
    ERASE_RIGHT,
    body=EraseBody,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
LIST: Final = Operation(
    "listErasures",
    "GET",
    "/api/v1/erasures",
    "List who was erased and by whom, newest first",
    [Reply(200, "A page of erasures", ShownErasures)],
    READ,
    parameters=PAGE_PARAMETERS,
    codes=[Code.VALIDATION_FAILED],
)
CHECK: Final = Operation(
    "checkErased",
    "POST",
    "/api/v1/erasures/check",
    "Say which of some addresses belonged to people who were erased",
    [Reply(200, "Those", ShownErased)],
    READ,
    body=AddressesBody,
)
OPERATIONS: Final = (EXPORT, ERASE, LIST, CHECK)
