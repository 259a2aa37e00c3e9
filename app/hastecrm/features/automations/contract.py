"""What the addresses of automations promise beside those that all records have; `routes` keeps it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.features.automations.domain import AUTOMATION
from hastecrm.features.automations.schemas import ShownRuns

_ID = Parameter("id", "path", "The automation's id.", UUID_SCHEMA)
RUNS = Operation(
    "listAutomationRuns",
    "GET",
    f"{path_of(AUTOMATION)}/{{id}}/runs",
    "List when it started and what came of it, newest first",
    [Reply(200, "A page of runs", ShownRuns)],
    Right(Resource.AUTOMATION, Verb.READ),
    parameters=[_ID, *PAGE_PARAMETERS],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
)
OPERATIONS: Final = (RUNS,)
