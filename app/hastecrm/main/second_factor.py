"""Wires the second factor: to signing in, and to the routes of one's own account."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.sealing import Sealer
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.routes import origin_of, person_of
from hastecrm.features.accounts.service.profile import ProfileService
from hastecrm.features.accounts.service.sign_in import Factor, Verdict
from hastecrm.features.second_factor.routes import SecondFactorRoutes
from hastecrm.features.second_factor.service import Person, SecondFactors


def second_factors(settings: Settings, database: Database) -> SecondFactors:
    """Return everyone's second factor."""
    return SecondFactors(database, Sealer.of(settings), utc_now)


@dataclass(frozen=True, slots=True)
class AskedAtSignIn:
    """Second factors, as signing in asks for them."""

    factors: SecondFactors

    async def verdict(self, user: UUID, given: Factor) -> Verdict:
        """Judge what was given."""
        return Verdict((await self.factors.verdict(user, given.code, given.recovery_code)).value)


def add_second_factor(app: web.Application, factors: SecondFactors, profile: ProfileService) -> None:
    """Register the addresses; what changes the second factor takes the password again."""

    async def who(request: web.Request, password: str | None) -> tuple[Person, str]:
        user_id, _session = person_of(request)
        origin = origin_of(request)
        if password is None:
            user = (await profile.me(user_id)).user
        else:
            user = await profile.confirmed(user_id, password, origin, "/password")
        return Person(user.id, origin.address), user.email

    SecondFactorRoutes(factors, who).add_to(app)
