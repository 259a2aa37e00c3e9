"""Making, showing, changing, leaving for and ending workspaces."""

from uuid import UUID

from hastecrm.core.audit import Entry, differences
from hastecrm.core.bodies import not_found
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, InvalidInputError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.workspaces.domain import Belonging, Workspace
from hastecrm.features.workspaces.repository.workspaces import Workspaces
from hastecrm.features.workspaces.service import Known


class WorkspaceService:
    """What a person can do with the workspaces that are theirs."""

    def __init__(self, workspaces: Workspaces, known: Known, *, protected: UUID) -> None:
        self._workspaces = workspaces
        self._known = known
        self._protected = protected

    async def mine(self, who: Principal, request: PageRequest) -> Page[Belonging]:
        """Return the workspaces of a person; the installation belongs to none."""
        found = [] if who.user is None else await self._workspaces.of_user(who.user, request)
        return Page.of(found, request, lambda each: (each.joined_at, each.id))

    async def create(self, who: Principal, name: str) -> Belonging:
        """Make a workspace whose owner the person becomes; raises `BusinessError` for the installation."""
        return await self._workspaces.add(uuid7(), name, _person(who))

    async def get(self, who: Principal) -> Workspace:
        """Return the workspace that the principal is in."""
        return _found(await self._workspaces.get(who))

    async def rename(self, who: Principal, name: str | None) -> Workspace:
        """Give the workspace another name; None leaves it."""
        async with self._workspaces.locked(who) as locked:
            before = _found(await locked.current())
            if name is None or name == before.name:
                return before
            await locked.rename(name)
            changes = differences({"name": before.name}, {"name": name})
            await locked.record(Entry("workspace.changed", "workspace", before.id, changes))
            return _found(await locked.current())

    async def end(self, who: Principal, confirmation: str | None) -> None:
        """Delete the workspace for all its members; raises unless its name was typed to confirm."""
        if who.workspace == self._protected:
            detail = "The installation's own workspace cannot be deleted: its access token works in it."
            raise BusinessError(detail, code=Code.BIZ_WORKSPACE_PROTECTED)
        async with self._workspaces.locked(who) as locked:
            workspace = _found(await locked.current())
            if confirmation != workspace.name:
                raise _unconfirmed()
            await locked.end()
            await locked.record(
                Entry("workspace.deleted", "workspace", workspace.id, {"name": workspace.name})
            )
        self._known.forget_all()

    async def switch(self, who: Principal, workspace: UUID) -> Belonging:
        """Work in another workspace from the next request on; raises where the person does not belong."""
        _person(who)
        assert who.session is not None, "every person has one"  # noqa: S101
        belonging = await self._workspaces.enter(who, workspace)
        if belonging is None:
            # Whether it exists is not for those to know who do not belong to it.
            detail = "You belong to no workspace with this id."
            raise BusinessError(detail, code=Code.BIZ_WORKSPACE_NOT_FOUND)
        self._known.forget(who.session)
        return belonging


def _person(who: Principal) -> UUID:
    if who.user is None:
        detail = "The installation's access token is no person: sign in to have workspaces of your own."
        raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
    return who.user


def _found(workspace: Workspace | None) -> Workspace:
    if workspace is None:
        raise not_found("workspace")
    return workspace


def _unconfirmed() -> InvalidInputError:
    problem = FieldProblem("name", "must be the exact name of the workspace", in_query=True)
    detail = "Deleting a workspace takes all its records away: confirm it with `?name=` and its name."
    return InvalidInputError(detail, errors=[problem])
