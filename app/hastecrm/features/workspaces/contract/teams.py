"""What the addresses of teams promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.workspaces import schemas

TEAMS: Final = "/api/v1/workspace/teams"
_TEAM = Parameter("id", "path", "The team's id.", UUID_SCHEMA)


LIST = Operation(
    "listTeams",
    "GET",
    TEAMS,
    "List the teams, newest first",
    [Reply(200, "A page of teams", schemas.ShownTeams)],
    Right(Resource.TEAM, Verb.READ),
    parameters=PAGE_PARAMETERS,
    codes=[Code.VALIDATION_FAILED],
)
CREATE = Operation(
    "createTeam",
    "POST",
    TEAMS,
    "Make a team",
    [Reply(201, "The team", schemas.ShownTeam)],
    Right(Resource.TEAM, Verb.CREATE),
    body=schemas.NewTeam,
    codes=[Code.BIZ_DUPLICATE],
    idempotent=True,
)
CHANGE = Operation(
    "changeTeam",
    "PATCH",
    f"{TEAMS}/{{id}}",
    "Change a team's name",
    [Reply(200, "The team", schemas.ShownTeam)],
    Right(Resource.TEAM, Verb.UPDATE),
    body=schemas.TeamPatch,
    parameters=[_TEAM],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_DUPLICATE],
)
DELETE = Operation(
    "deleteTeam",
    "DELETE",
    f"{TEAMS}/{{id}}",
    "Delete a team that nobody is in",
    [Reply(204, "It is gone")],
    Right(Resource.TEAM, Verb.DELETE),
    parameters=[_TEAM],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_TEAM_NOT_EMPTY],
)
OPERATIONS: Final = (LIST, CREATE, CHANGE, DELETE)
