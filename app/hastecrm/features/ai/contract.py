"""What the addresses of the model promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Mapping
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.ai.domain import Subject
from hastecrm.features.ai.schemas import ReplyBody, ShownGenerated

_PLURALS: Final = {Subject.CONTACT: "contacts", Subject.COMPANY: "companies", Subject.DEAL: "deals"}
MAY_ASK: Final = Right(Resource.AI, Verb.CREATE)
_CODES: Final = (Code.BIZ_NOT_FOUND, Code.SYS_AI_UNAVAILABLE, Code.SYS_UPSTREAM_UNAVAILABLE)


def _id(subject: Subject) -> Parameter:
    return Parameter("id", "path", f"The id of the {subject}.", UUID_SCHEMA)


def _summary_of(subject: Subject) -> Operation:
    return Operation(
        f"summarize{subject.capitalize()}",
        "POST",
        f"/api/v1/{_PLURALS[subject]}/{{id}}/summary",
        "Let a model summarise what happened last",
        [Reply(200, "What it wrote", ShownGenerated)],
        MAY_ASK,
        parameters=[_id(subject)],
        codes=_CODES,
        deadline=120.0,
    )


SUMMARIES: Final[Mapping[Subject, Operation]] = {subject: _summary_of(subject) for subject in Subject}
REPLY: Final = Operation(
    "draftReplyToContact",
    "POST",
    "/api/v1/contacts/{id}/reply-draft",
    "Let a model draft a mail to a contact; it is not sent",
    [Reply(200, "What it wrote", ShownGenerated)],
    MAY_ASK,
    body=ReplyBody,
    parameters=[_id(Subject.CONTACT)],
    codes=_CODES,
    deadline=120.0,
)
OPERATIONS: Final = (*SUMMARIES.values(), REPLY)
