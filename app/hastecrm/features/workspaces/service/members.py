"""Changing and removing members, within the rules of `domain`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, differences
from hastecrm.core.bodies import not_found
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, InvalidInputError
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.workspaces.domain import Member, Standing, check_change, check_removal
from hastecrm.features.workspaces.repository.members import LockedMembers, Members
from hastecrm.features.workspaces.service import Known


class MemberService:
    """What a principal can do with the members of their workspace."""

    def __init__(self, members: Members, known: Known) -> None:
        self._members = members
        self._known = known

    async def page(self, who: Principal, request: PageRequest, beginning: str | None) -> Page[Member]:
        """Return the members who joined last; with `beginning` those whose name or address begins so."""
        found = await self._members.page(who, request, beginning)
        return Page.of(found, request, lambda member: (member.joined_at, member.user))

    async def change(self, who: Principal, user: UUID, values: Mapping[str, Any]) -> Member:
        """Change role, visibility or team; raises `BusinessError` where a rule forbids it."""
        async with self._members.locked(who) as locked:
            member = _found(await locked.get(user))
            wanted = replace(member.standing, **values)
            check_change(who, member, wanted, other_owners=await locked.other_owners(user))
            if wanted == member.standing:
                return member
            await locked.change(user, wanted)
            changes = differences(_shown(member.standing), _shown(wanted))
            await locked.record(Entry("member.changed", "member", user, changes))
        self._known.forget_all()
        return replace(member, standing=wanted)

    async def remove(self, who: Principal, user: UUID, heir: UUID | None) -> None:
        """Remove a member; their records go to the heir, who must be another member, or to nobody."""
        async with self._members.locked(who) as locked:
            await _check_heir(locked, user, heir)
            await _remove(locked, who, user, heir)
        self._known.forget_all()

    async def leave(self, who: Principal) -> None:
        """Stop being a member oneself; one's records then belong to nobody."""
        if who.user is None:
            detail = "The installation's access token is no member of the workspace."
            raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
        async with self._members.locked(who, leaving=True) as locked:
            await _remove(locked, who, who.user, None)
        self._known.forget_all()


async def _remove(locked: LockedMembers, who: Principal, user: UUID, heir: UUID | None) -> None:
    member = _found(await locked.get(user))
    check_removal(who, member, other_owners=await locked.other_owners(user))
    handed = await locked.remove(user, heir)
    action = "member.left" if user == who.user else "member.removed"
    changes = {"records": handed, "reassigned_to": heir and str(heir)}
    await locked.record(Entry(action, "member", user, changes))


async def _check_heir(locked: LockedMembers, user: UUID, heir: UUID | None) -> None:
    if heir is not None and (heir == user or await locked.get(heir) is None):
        problem = FieldProblem("reassign_to", "must be another member of this workspace", in_query=True)
        raise InvalidInputError("reassign_to must be another member of this workspace.", errors=[problem])


def _found(member: Member | None) -> Member:
    if member is None:
        raise not_found("member")
    return member


def _shown(standing: Standing) -> dict[str, Any]:
    team = str(standing.team) if standing.team else None
    return {"role": standing.role, "visibility": standing.visibility, "team": team}
