"""What the addresses of webhooks promise beside those that all records have; `routes` keeps it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.features.webhooks.domain import WEBHOOK, Status
from hastecrm.features.webhooks.schemas import (
    RedeliverBody,
    ShownDeliveries,
    ShownDelivery,
    ShownRedelivered,
    ShownWebhookSecret,
)

_ONE: Final = f"{path_of(WEBHOOK)}/{{id}}"
_ID = Parameter("id", "path", "The webhook's id.", UUID_SCHEMA)
_DELIVERY = Parameter("delivery", "path", "The delivery's id.", UUID_SCHEMA)
_STATUS = Parameter("status", "query", "Only those that are this far.", {"type": "string", "enum": [*Status]})
_READ, _UPDATE = Right(Resource.WEBHOOK, Verb.READ), Right(Resource.WEBHOOK, Verb.UPDATE)

DELIVERIES = Operation(
    "listWebhookDeliveries",
    "GET",
    f"{_ONE}/deliveries",
    "List what was sent or is still to be sent, newest first",
    [Reply(200, "A page of deliveries", ShownDeliveries)],
    _READ,
    parameters=[_ID, _STATUS, *PAGE_PARAMETERS],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
)
# Not idempotent: the answer would have to be kept, and the secret in it must not be.
SECRET = Operation(
    "rollWebhookSecret",
    "POST",
    f"{_ONE}/secret",
    "Make a secret, also in place of another, which then counts for another 24 hours",
    [Reply(200, "The secret, which is told this once", ShownWebhookSecret)],
    _UPDATE,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
    compressed=False,
)
PING = Operation(
    "pingWebhook",
    "POST",
    f"{_ONE}/ping",
    "Send a message that only tries whether messages arrive",
    [Reply(202, "The delivery, which has yet to be made", ShownDelivery)],
    _UPDATE,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
    idempotent=True,
)
REDELIVER = Operation(
    "redeliverWebhookDelivery",
    "POST",
    f"{_ONE}/deliveries/{{delivery}}/redeliver",
    "Send a message again, whatever became of it",
    [Reply(202, "The delivery, which has yet to be made", ShownDelivery)],
    _UPDATE,
    parameters=[_ID, _DELIVERY],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
    idempotent=True,
)
REDELIVER_FAILED = Operation(
    "redeliverFailed",
    "POST",
    f"{_ONE}/redeliver",
    "Send again all that did not arrive of what happened since a moment",
    [Reply(202, "How many messages are sent again", ShownRedelivered)],
    _UPDATE,
    body=RedeliverBody,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
    idempotent=True,
)
OPERATIONS: Final = (DELIVERIES, SECRET, PING, REDELIVER, REDELIVER_FAILED)
