"""Puts the feature of workspaces together with what others lend it."""

from aiohttp import web

from hastecrm.core.authentication import Authenticator
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.mail import outbox_of
from hastecrm.core.settings import Settings
from hastecrm.features.audit.repository import AuditLog
from hastecrm.features.audit.routes import AuditRoutes
from hastecrm.features.audit.service import AuditService
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.workspaces.repository.invitations import Invitations
from hastecrm.features.workspaces.repository.members import Members
from hastecrm.features.workspaces.repository.teams import Teams
from hastecrm.features.workspaces.repository.workspaces import Workspaces
from hastecrm.features.workspaces.routes import Services, add_routes
from hastecrm.features.workspaces.service.invitations import AdmissionService, InvitationService
from hastecrm.features.workspaces.service.members import MemberService
from hastecrm.features.workspaces.service.teams import TeamService
from hastecrm.features.workspaces.service.workspaces import WorkspaceService
from hastecrm.main.kinds import BELONGINGS


def add_workspaces(
    app: web.Application, settings: Settings, database: Database, known: Authenticator
) -> None:
    """Serve workspaces, their people and their audit log."""
    invitations, site = Invitations(database), settings.public_url
    # Without the site's address a letter could not say where to go.
    outbox = outbox_of(settings) if site is not None else None
    services = Services(
        WorkspaceService(Workspaces(database), known, protected=DEFAULT_WORKSPACE),
        MemberService(Members(database, BELONGINGS), known),
        TeamService(Teams(database)),
        InvitationService(invitations, utc_now, site=site or "", outbox=outbox),
        AdmissionService(invitations, utc_now, known),
        Idempotency(database),
    )
    add_routes(app, services)
    AuditRoutes(AuditService(AuditLog(database))).add_to(app)
