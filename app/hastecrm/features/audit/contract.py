"""What the address of the audit log promises to clients; `routes` keeps it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.audit.schemas import ShownAuditPage

_TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
_MOMENT = {"type": "string", "format": "date-time"}

LIST = Operation(
    "listAuditEntries",
    "GET",
    "/api/v1/audit",
    "List what was done in the workspace, newest first",
    [Reply(200, "A page of entries", ShownAuditPage)],
    Right(Resource.AUDIT, Verb.READ),
    parameters=[
        *PAGE_PARAMETERS,
        Parameter("action", "query", "Only this action, such as `contact.changed`.", _TEXT),
        Parameter("actor", "query", "Only what this user did.", UUID_SCHEMA),
        Parameter("entity", "query", "Only this kind of record, such as `contact`.", _TEXT),
        Parameter("entity_id", "query", "Only this record.", UUID_SCHEMA),
        Parameter("since", "query", "Only from this moment on.", _MOMENT),
    ],
    codes=[Code.VALIDATION_FAILED],
)
OPERATIONS: Final = (LIST,)
