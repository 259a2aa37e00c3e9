"""Inviting people, and letting them in."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from hastecrm.core.audit import Entry
from hastecrm.core.bodies import not_found
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.mail import Outbox
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.workspaces.domain import (
    INVITATION_LIFE,
    Belonging,
    Invitation,
    Standing,
    Ticket,
    check_grant,
    check_room,
    check_ticket,
    new_token,
    token_digest,
)
from hastecrm.features.workspaces.repository.invitations import (
    Admission,
    ChangingInvitations,
    Invitations,
)
from hastecrm.features.workspaces.service import Known
from hastecrm.features.workspaces.service.letters import invitation_letter


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation, and its link where nobody delivers letters and the inviter must pass it on."""

    invitation: Invitation
    link: str | None


class InvitationService:
    """What a principal can do with the invitations of their workspace."""

    def __init__(self, invitations: Invitations, clock: Clock, *, site: str, outbox: Outbox | None) -> None:
        self._invitations = invitations
        self._clock = clock
        self._site = site
        self._outbox = outbox

    async def page(self, who: Principal, request: PageRequest) -> Page[Invitation]:
        """Return the newest open invitations, also those that have expired."""
        found = await self._invitations.page(who, request)
        return Page.of(found, request, lambda each: (each.created_at, each.id))

    async def create(self, who: Principal, email: str, standing: Standing) -> Sent:
        """Invite someone; raises `BusinessError` for members, double invitations and a full workspace."""
        check_grant(who, standing.role)
        now, token = self._clock(), self._token()
        new = Invitation(uuid7(), email, standing, who.user, now, now, now + INVITATION_LIFE)
        async with self._invitations.changing(who) as invitations:
            await _check_wanted(invitations, email)
            stored = await invitations.add(new, token_digest(token))
            changes = {"email": email, "role": standing.role, "visibility": standing.visibility}
            await invitations.record(Entry("invitation.created", "invitation", stored.id, changes))
            return await self._send(invitations, stored, token)

    async def send_again(self, who: Principal, invitation_id: UUID) -> Sent:
        """Send a new token with a new life; the old one is worth nothing from then on."""
        token = self._token()
        async with self._invitations.changing(who) as invitations:
            invitation = _found(await invitations.get(invitation_id))
            check_grant(who, invitation.standing.role)
            expires_at = self._clock() + INVITATION_LIFE
            renewed = await invitations.renew(invitation_id, token_digest(token), expires_at)
            await invitations.record(Entry("invitation.sent_again", "invitation", invitation_id))
            return await self._send(invitations, renewed, token)

    async def revoke(self, who: Principal, invitation_id: UUID) -> None:
        """Make an open invitation worth nothing."""
        async with self._invitations.changing(who) as invitations:
            invitation = _found(await invitations.get(invitation_id))
            await invitations.revoke(invitation_id)
            entry = Entry("invitation.revoked", "invitation", invitation_id, {"email": invitation.email})
            await invitations.record(entry)

    async def _send(self, invitations: ChangingInvitations, invitation: Invitation, token: str) -> Sent:
        link = f"{self._site}/invitation?token={token}"
        if self._outbox is None:
            return Sent(invitation, link)
        name, _, _ = await invitations.workspace()
        await self._outbox.post(invitations.connection, invitation_letter(invitation, name, link))
        return Sent(invitation, None)

    def _token(self) -> str:
        return new_token(secrets.token_urlsafe(32), mailed=self._outbox is not None)


class AdmissionService:
    """What an invited person can do with their token."""

    def __init__(self, invitations: Invitations, clock: Clock, known: Known) -> None:
        self._invitations = invitations
        self._clock = clock
        self._known = known

    async def look(self, token: str) -> Ticket:
        """Return what a token is good for; raises `BusinessError` when that is nothing (any more)."""
        return self._good(await self._invitations.look(token_digest(token)))

    async def accept(self, who: Principal, token: str) -> Belonging:
        """Let a signed-in person in and make them work there; raises `BusinessError` that says why not."""
        async with self._invitations.admission(token_digest(token)) as admission:
            ticket = self._good(await admission.ticket())
            user = await _invited(admission, who, ticket)
            belonging = await _admit(admission, ticket, user)
            await admission.go(who, ticket.workspace)
        self._known.forget_all()
        return belonging

    def _good(self, ticket: Ticket | None) -> Ticket:
        if ticket is None:
            detail = "This invitation does not exist (any more): it was revoked, sent again, or cut off."
            raise BusinessError(detail, code=Code.BIZ_INVITATION_UNKNOWN)
        check_ticket(ticket, self._clock())
        return ticket


async def _invited(admission: Admission, who: Principal, ticket: Ticket) -> UUID:
    email = await admission.email(who.user) if who.user is not None else None
    if who.user is None or email is None or email.lower() != ticket.email.lower():
        detail = "This invitation is for another e-mail address. Sign in with the one that it was sent to."
        raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
    return who.user


async def _admit(admission: Admission, ticket: Ticket, user: UUID) -> Belonging:
    check_room(await admission.members(ticket.workspace), ticket.member_limit)
    joined = await admission.admit(ticket, user)
    if joined is None:
        raise BusinessError("You are a member of this workspace already.", code=Code.BIZ_DUPLICATE)
    return Belonging(ticket.workspace, ticket.workspace_name, ticket.standing.role, joined)


async def _check_wanted(invitations: ChangingInvitations, email: str) -> None:
    _, limit, members = await invitations.workspace()
    check_room(members, limit)
    if await invitations.belongs(email):
        problem = FieldProblem("/email", "is already a member")
        detail = "Someone with this address is a member already."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem])


def _found(invitation: Invitation | None) -> Invitation:
    if invitation is None:
        raise not_found("invitation")
    return invitation
