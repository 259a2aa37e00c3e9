"""What the addresses of contacts promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, Cached, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.contacts.schemas import (
    ContactPatch,
    NewContact,
    ShownContact,
    ShownCount,
    ShownPage,
)

PATH: Final = "/api/v1/contacts"
_ONE: Final = f"{PATH}/{{id}}"
_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
_ETAG: Mapping[str, str] = MappingProxyType({"ETag": "The state that was shown, for If-Match."})
_ID = Parameter("id", "path", "The contact's id.", {"type": "string", "format": "uuid"})
_IF_MATCH = Parameter("If-Match", "header", "The ETag of the state that may be changed.", _TEXT)
_OWNER = Parameter("owner", "query", "Only the contacts of this user; `none`: of nobody.", {"type": "string"})
_CHANGE_CODES = (Code.BIZ_NOT_FOUND, Code.BIZ_VERSION_MISMATCH)

CREATE = Operation(
    "createContact",
    "POST",
    PATH,
    "Add a contact",
    [Reply(201, "The contact", ShownContact, {**_ETAG, "Location": "Its address."})],
    Right(Resource.CONTACT, Verb.CREATE),
    body=NewContact,
    codes=[Code.BIZ_DUPLICATE, Code.BIZ_CONFLICT],
    idempotent=True,
)
LIST = Operation(
    "listContacts",
    "GET",
    PATH,
    "List contacts, newest first",
    [Reply(200, "A page of contacts", ShownPage)],
    Right(Resource.CONTACT, Verb.READ),
    parameters=[*PAGE_PARAMETERS, _OWNER],
    codes=[Code.VALIDATION_FAILED],
    cached=Cached(unless=["cursor"]),
)
COUNT = Operation(
    "countContacts",
    "GET",
    f"{PATH}/count",
    "Count contacts, up to a cap",
    [Reply(200, "The count", ShownCount)],
    Right(Resource.CONTACT, Verb.READ),
    cached=Cached(),
)
GET = Operation(
    "getContact",
    "GET",
    _ONE,
    "Show a contact",
    [Reply(200, "The contact", ShownContact)],
    Right(Resource.CONTACT, Verb.READ),
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
CHANGE = Operation(
    "changeContact",
    "PATCH",
    _ONE,
    "Change the fields that are sent",
    [Reply(200, "The contact", ShownContact, _ETAG)],
    Right(Resource.CONTACT, Verb.UPDATE),
    body=ContactPatch,
    media_types=("application/json", "application/merge-patch+json"),
    parameters=[_ID, _IF_MATCH],
    codes=[Code.BIZ_DUPLICATE, Code.BIZ_CONFLICT, *_CHANGE_CODES],
)
DELETE = Operation(
    "deleteContact",
    "DELETE",
    _ONE,
    "Delete a contact",
    [Reply(204, "It is gone")],
    Right(Resource.CONTACT, Verb.DELETE),
    parameters=[_ID, _IF_MATCH],
    codes=_CHANGE_CODES,
)
OPERATIONS: Final = (CREATE, LIST, COUNT, GET, CHANGE, DELETE)
