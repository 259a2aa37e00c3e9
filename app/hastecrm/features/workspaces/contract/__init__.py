"""What the addresses of workspaces and their people promise to clients; `routes` keeps it."""

from typing import Final

from hastecrm.features.workspaces.contract import invitations, members, teams, workspaces

OPERATIONS: Final = (
    *workspaces.OPERATIONS,
    *members.OPERATIONS,
    *teams.OPERATIONS,
    *invitations.OPERATIONS,
)
