"""What the addresses of invitations promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Open, Resource, Right, Verb
from hastecrm.core.rate_limit.limiter import Zone
from hastecrm.features.workspaces import schemas

INVITATIONS: Final = "/api/v1/workspace/invitations"
TICKETS: Final = "/api/v1/invitations"
_ID = Parameter("id", "path", "The invitation's id.", UUID_SCHEMA)
_TOKEN_CODES = (Code.BIZ_INVITATION_UNKNOWN, Code.BIZ_INVITATION_USED, Code.BIZ_INVITATION_EXPIRED)

LIST = Operation(
    "listInvitations",
    "GET",
    INVITATIONS,
    "List the open invitations, newest first",
    [Reply(200, "A page of invitations", schemas.ShownInvitations)],
    Right(Resource.INVITATION, Verb.READ),
    parameters=PAGE_PARAMETERS,
    codes=[Code.VALIDATION_FAILED],
)
CREATE = Operation(
    "createInvitation",
    "POST",
    INVITATIONS,
    "Invite someone by e-mail, for seven days",
    [Reply(201, "The invitation", schemas.ShownInvitation)],
    Right(Resource.INVITATION, Verb.CREATE),
    body=schemas.NewInvitation,
    codes=[Code.BIZ_DUPLICATE, Code.BIZ_WORKSPACE_LIMIT_REACHED, Code.BIZ_CONFLICT],
)
SEND_AGAIN = Operation(
    "sendInvitationAgain",
    "POST",
    f"{INVITATIONS}/{{id}}/send",
    "Send an invitation again, with a new link and seven new days",
    [Reply(200, "The invitation", schemas.ShownInvitation)],
    Right(Resource.INVITATION, Verb.UPDATE),
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
REVOKE = Operation(
    "revokeInvitation",
    "DELETE",
    f"{INVITATIONS}/{{id}}",
    "Make an invitation worth nothing",
    [Reply(204, "It is gone")],
    Right(Resource.INVITATION, Verb.DELETE),
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
LOOK = Operation(
    "lookAtInvitation",
    "POST",
    f"{TICKETS}/look",
    "Show what an invitation's token is good for",
    [Reply(200, "What it is good for", schemas.ShownTicket)],
    Open.PUBLIC,
    body=schemas.InvitationToken,
    codes=_TOKEN_CODES,
    zone=Zone.AUTH,
)
ACCEPT = Operation(
    "acceptInvitation",
    "POST",
    f"{TICKETS}/accept",
    "Join a workspace with the account that was invited, and work there",
    [Reply(200, "The workspace", schemas.ShownBelonging)],
    Open.SIGNED_IN,
    body=schemas.InvitationToken,
    codes=[*_TOKEN_CODES, Code.AUTH_FORBIDDEN, Code.BIZ_DUPLICATE, Code.BIZ_WORKSPACE_LIMIT_REACHED],
)
OPERATIONS: Final = (LIST, CREATE, SEND_AGAIN, REVOKE, LOOK, ACCEPT)
