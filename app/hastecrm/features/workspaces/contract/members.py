"""What the addresses of members promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.workspaces import schemas

MEMBERS: Final = "/api/v1/workspace/members"
_USER = Parameter("user", "path", "The member's user id.", UUID_SCHEMA)
_TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
_BEGINNING = Parameter("q", "query", "Only those whose name or e-mail address begins like this.", _TEXT)
_HEIR = Parameter("reassign_to", "query", "The member who gets their records; absent: nobody.", UUID_SCHEMA)


LIST = Operation(
    "listMembers",
    "GET",
    MEMBERS,
    "List the members, last joined first",
    [Reply(200, "A page of members", schemas.ShownMembers)],
    Right(Resource.MEMBER, Verb.READ),
    parameters=[*PAGE_PARAMETERS, _BEGINNING],
    codes=[Code.VALIDATION_FAILED],
)
# Every member may leave, whatever their role: it asks for nothing but to be one.
LEAVE = Operation(
    "leaveWorkspace",
    "DELETE",
    f"{MEMBERS}/me",
    "Leave the workspace",
    [Reply(204, "You are no member any more")],
    Right(Resource.WORKSPACE, Verb.READ),
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_LAST_OWNER],
)
CHANGE = Operation(
    "changeMember",
    "PATCH",
    f"{MEMBERS}/{{user}}",
    "Change a member's role, visibility or team",
    [Reply(200, "The member", schemas.ShownMember)],
    Right(Resource.MEMBER, Verb.UPDATE),
    body=schemas.MemberPatch,
    parameters=[_USER],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_LAST_OWNER],
)
REMOVE = Operation(
    "removeMember",
    "DELETE",
    f"{MEMBERS}/{{user}}",
    "Remove a member; their records go to another member or to nobody",
    [Reply(204, "They are no member any more")],
    Right(Resource.MEMBER, Verb.DELETE),
    parameters=[_USER, _HEIR],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_LAST_OWNER, Code.VALIDATION_FAILED],
)
# LEAVE comes before the addresses that take any name in its place.
OPERATIONS: Final = (LIST, LEAVE, CHANGE, REMOVE)
