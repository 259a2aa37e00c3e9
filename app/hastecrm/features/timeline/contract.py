"""What the addresses of timelines promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Mapping
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.timeline.domain import TABLES, Subject
from hastecrm.features.timeline.schemas import ShownTimeline


def _of(subject: Subject) -> Operation:
    identity = Parameter("id", "path", f"The id of the {subject}.", UUID_SCHEMA)
    return Operation(
        f"list{subject.capitalize()}Timeline",
        "GET",
        f"/api/v1/{TABLES[subject]}/{{id}}/timeline",
        "List what was done and written down, newest first",
        [Reply(200, "A page of the timeline", ShownTimeline)],
        Right(Resource(subject), Verb.READ),
        parameters=[identity, *PAGE_PARAMETERS],
        codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
    )


TIMELINES: Final[Mapping[Subject, Operation]] = {subject: _of(subject) for subject in Subject}
OPERATIONS: Final = tuple(TIMELINES.values())
