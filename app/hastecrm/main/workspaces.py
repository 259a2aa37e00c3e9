"""Puts the feature of workspaces together with what others lend it."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from hastecrm.core.authentication import Authenticator
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.mail import Letter, Outbox, outbox_of
from hastecrm.core.settings import Settings
from hastecrm.features.audit.repository import AuditLog
from hastecrm.features.audit.routes import AuditRoutes
from hastecrm.features.audit.service import AuditService
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.contacts.repository import ContactRecords
from hastecrm.features.workspaces.domain import INVITATION_LIFE
from hastecrm.features.workspaces.repository.invitations import Invitations
from hastecrm.features.workspaces.repository.members import Members
from hastecrm.features.workspaces.repository.teams import Teams
from hastecrm.features.workspaces.repository.workspaces import Workspaces
from hastecrm.features.workspaces.routes import Services, add_routes
from hastecrm.features.workspaces.service import invitations as inviting
from hastecrm.features.workspaces.service.invitations import AdmissionService, InvitationService
from hastecrm.features.workspaces.service.members import MemberService
from hastecrm.features.workspaces.service.teams import TeamService
from hastecrm.features.workspaces.service.workspaces import WorkspaceService


def add_workspaces(
    app: web.Application, settings: Settings, database: Database, known: Authenticator
) -> None:
    """Serve workspaces, their people and their audit log."""
    invitations, site = Invitations(database), settings.public_url or ""
    services = Services(
        WorkspaceService(Workspaces(database), known, protected=DEFAULT_WORKSPACE),
        MemberService(Members(database, ContactRecords()), known),
        TeamService(Teams(database)),
        InvitationService(invitations, utc_now, site=site, post=_post(settings)),
        AdmissionService(invitations, utc_now, known),
    )
    add_routes(app, services)
    AuditRoutes(AuditService(AuditLog(database))).add_to(app)


@dataclass(frozen=True, slots=True)
class _Post:
    """Sends invitations by mail."""

    outbox: Outbox

    async def deliver(self, connection: Any, letter: inviting.Letter) -> None:
        """Post it in the transaction that makes the invitation."""
        text = (
            f"Hello,\n\nyou were invited to the workspace {letter.workspace} in HasteCRM. Join it here:\n\n"
            f"{letter.link}\n\n"
            f"The link works once, within {INVITATION_LIFE.days} days, and for this address only.\n"
        )
        subject = f"Invitation to {letter.workspace}"
        await self.outbox.post(connection, Letter(letter.email, subject, text, utc_now() + INVITATION_LIFE))


def _post(settings: Settings) -> _Post | None:
    outbox = outbox_of(settings)
    return _Post(outbox) if outbox is not None else None
