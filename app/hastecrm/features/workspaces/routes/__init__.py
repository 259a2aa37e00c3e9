"""Workspaces and their people over REST: parse, call one use case, render."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.idempotency import Idempotency
from hastecrm.features.workspaces.routes.invitations import InvitationRoutes
from hastecrm.features.workspaces.routes.members import MemberRoutes
from hastecrm.features.workspaces.routes.teams import TeamRoutes
from hastecrm.features.workspaces.routes.workspaces import WorkspaceRoutes
from hastecrm.features.workspaces.service.invitations import AdmissionService, InvitationService
from hastecrm.features.workspaces.service.members import MemberService
from hastecrm.features.workspaces.service.teams import TeamService
from hastecrm.features.workspaces.service.workspaces import WorkspaceService


@dataclass(frozen=True, slots=True)
class Services:
    """What the addresses call."""

    workspaces: WorkspaceService
    members: MemberService
    teams: TeamService
    invitations: InvitationService
    admission: AdmissionService
    idempotency: Idempotency


def add_routes(app: web.Application, services: Services) -> None:
    """Register every address."""
    WorkspaceRoutes(services.workspaces).add_to(app)
    MemberRoutes(services.members).add_to(app)
    TeamRoutes(services.teams, services.idempotency).add_to(app)
    InvitationRoutes(services.invitations, services.admission).add_to(app)
