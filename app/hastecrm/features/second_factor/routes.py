"""The second factor over REST: parse, call one use case, render."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse
from hastecrm.core.http import json_response, read_json
from hastecrm.features.second_factor import contract
from hastecrm.features.second_factor.domain import enrolment_uri, shown_secret
from hastecrm.features.second_factor.schemas import Confirmed, OneTimeCode
from hastecrm.features.second_factor.service import Person, SecondFactors

# Who asks, as a person and their e-mail address; with a password, only if it is theirs.
WhoAsks = Callable[[web.Request, str | None], Awaitable[tuple[Person, str]]]


@dataclass(frozen=True, slots=True)
class SecondFactorRoutes:
    """The addresses below `/api/v1/me/second-factor`."""

    factors: SecondFactors
    who: WhoAsks

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.SHOW.add_to(app, self.show)
        contract.BEGIN.add_to(app, self.begin)
        contract.CONFIRM.add_to(app, self.confirm)
        contract.RENEW_CODES.add_to(app, self.renew_codes)
        contract.TURN_OFF.add_to(app, self.turn_off)

    async def show(self, request: web.Request) -> web.Response:
        """Show how things are."""
        person, _email = await self.who(request, None)
        state = await self.factors.state(person.id)
        return json_response({"enabled": state.is_on, "recovery_codes_left": state.codes_left})

    async def begin(self, request: web.Request) -> web.Response:
        """Give a new secret: 201."""
        person, email = await self._confirmed(request)
        secret = await self.factors.begin(person)
        body = {"secret": shown_secret(secret), "uri": enrolment_uri(secret, email)}
        return json_response(body, status=201)

    async def confirm(self, request: web.Request) -> web.Response:
        """Turn it on."""
        code = parse(OneTimeCode, await read_json(request)).code
        person, _email = await self.who(request, None)
        return json_response({"recovery_codes": await self.factors.confirm(person, code)})

    async def renew_codes(self, request: web.Request) -> web.Response:
        """Give new recovery codes."""
        person, _email = await self._confirmed(request)
        return json_response({"recovery_codes": await self.factors.renew_codes(person)})

    async def turn_off(self, request: web.Request) -> web.Response:
        """Turn it off: 204."""
        person, _email = await self._confirmed(request)
        await self.factors.turn_off(person)
        return web.Response(status=204)

    async def _confirmed(self, request: web.Request) -> tuple[Person, str]:
        return await self.who(request, parse(Confirmed, await read_json(request)).password)
