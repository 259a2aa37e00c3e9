"""What the addresses of workspaces promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, Operation, Parameter, Reply
from hastecrm.core.policy import Open, Resource, Right, Verb
from hastecrm.features.workspaces import schemas

MINE: Final = "/api/v1/workspaces"
CURRENT: Final = "/api/v1/workspace"
_NAME = Parameter("name", "query", "The name of the workspace, typed to confirm.", {"type": "string"})


LIST_MINE = Operation(
    "listMyWorkspaces",
    "GET",
    MINE,
    "List the workspaces that you belong to, last joined first",
    [Reply(200, "A page of workspaces", schemas.ShownBelongings)],
    Open.SIGNED_IN,
    parameters=PAGE_PARAMETERS,
    codes=[Code.VALIDATION_FAILED],
)
CREATE = Operation(
    "createWorkspace",
    "POST",
    MINE,
    "Make a workspace and become its owner; switch to it to work there",
    [Reply(201, "The workspace", schemas.ShownBelonging)],
    Open.SIGNED_IN,
    body=schemas.NewWorkspace,
    codes=[Code.AUTH_FORBIDDEN, Code.BIZ_CONFLICT],
)
SWITCH = Operation(
    "switchWorkspace",
    "POST",
    f"{CURRENT}/switch",
    "Work in another workspace from the next request on",
    [Reply(200, "The workspace", schemas.ShownBelonging)],
    Open.SIGNED_IN,
    body=schemas.Switch,
    codes=[Code.AUTH_FORBIDDEN, Code.BIZ_WORKSPACE_NOT_FOUND],
)
GET = Operation(
    "getWorkspace",
    "GET",
    CURRENT,
    "Show the workspace that you work in",
    [Reply(200, "The workspace", schemas.ShownWorkspace)],
    Right(Resource.WORKSPACE, Verb.READ),
    codes=[Code.BIZ_NOT_FOUND],
)
CHANGE = Operation(
    "changeWorkspace",
    "PATCH",
    CURRENT,
    "Change the workspace's name",
    [Reply(200, "The workspace", schemas.ShownWorkspace)],
    Right(Resource.WORKSPACE, Verb.UPDATE),
    body=schemas.WorkspacePatch,
    codes=[Code.BIZ_NOT_FOUND],
)
DELETE = Operation(
    "deleteWorkspace",
    "DELETE",
    CURRENT,
    "Delete the workspace for all its members",
    [Reply(204, "It is gone")],
    Right(Resource.WORKSPACE, Verb.DELETE),
    parameters=[_NAME],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_WORKSPACE_PROTECTED, Code.VALIDATION_FAILED],
)
OPERATIONS: Final = (LIST_MINE, CREATE, SWITCH, GET, CHANGE, DELETE)
