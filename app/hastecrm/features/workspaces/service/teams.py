"""Making, naming and removing teams."""

from uuid import UUID

from hastecrm.core.audit import Entry, differences
from hastecrm.core.bodies import not_found
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.workspaces.domain import Team
from hastecrm.features.workspaces.repository.teams import Teams


class TeamService:
    """What a principal can do with the teams of their workspace."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def within(self, unit: Connections) -> "TeamService":
        """Return the same service, with its changes belonging to a unit of work."""
        return TeamService(Teams(unit))

    async def page(self, who: Principal, request: PageRequest) -> Page[Team]:
        """Return the newest teams."""
        found = await self._teams.page(who, request)
        return Page.of(found, request, lambda team: (team.created_at, team.id))

    async def create(self, who: Principal, name: str) -> Team:
        """Make a team; raises `BusinessError` when its name is taken."""
        async with self._teams.changing(who) as teams:
            team = uuid7()
            await teams.add(team, name)
            await teams.record(Entry("team.created", "team", team, {"name": name}))
            return _found(await teams.get(team))

    async def rename(self, who: Principal, team_id: UUID, name: str | None) -> Team:
        """Give a team another name; None leaves it."""
        async with self._teams.changing(who) as teams:
            team = _found(await teams.get(team_id))
            if name is None or name == team.name:
                return team
            await teams.rename(team_id, name)
            changes = differences({"name": team.name}, {"name": name})
            await teams.record(Entry("team.changed", "team", team_id, changes))
            return _found(await teams.get(team_id))

    async def remove(self, who: Principal, team_id: UUID) -> None:
        """Remove a team; raises `BusinessError` while someone is in it.

        Members whose view is `team` would without a word see less from then on: an admin says who goes where.
        """
        async with self._teams.changing(who) as teams:
            team = _found(await teams.get(team_id))
            if team.members:
                detail = f"The team has {team.members} members: put them into another team or none first."
                raise BusinessError(detail, code=Code.BIZ_TEAM_NOT_EMPTY)
            await teams.remove(team_id)
            await teams.record(Entry("team.deleted", "team", team_id, {"name": team.name}))


def _found(team: Team | None) -> Team:
    if team is None:
        raise not_found("team")
    return team
