"""What the addresses of mails promise to clients; `routes` keeps it, the OpenAPI document says it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.schemas import models_of
from hastecrm.features.mail.domain import MAIL_TEMPLATE
from hastecrm.features.mail.schemas import MailBody, ShownMail

PREVIEW: Final = Operation(
    "previewMailTemplate",
    "GET",
    f"{path_of(MAIL_TEMPLATE)}/{{id}}/preview",
    "Show a template as a contact would get it",
    [Reply(200, "The mail", ShownMail)],
    Right(Resource.MAIL_TEMPLATE, Verb.READ),
    parameters=[
        Parameter("id", "path", "The id of the template.", UUID_SCHEMA),
        Parameter("contact", "query", "The id of the contact; required.", UUID_SCHEMA),
    ],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
)


def send_of(activity: Kind) -> Operation:
    """Return the operation that sends a mail; it answers with an activity."""
    return Operation(
        "sendMailToContact",
        "POST",
        "/api/v1/contacts/{id}/mail",
        "Send a mail to a contact; the activity that is returned tells what becomes of it",
        [Reply(202, "The activity of the mail, which is on its way", models_of(activity).shown)],
        Right(Resource.MAIL, Verb.CREATE),
        body=MailBody,
        parameters=[Parameter("id", "path", "The id of the contact.", UUID_SCHEMA)],
        codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT, Code.SYS_MAIL_UNAVAILABLE],
        idempotent=True,
    )
