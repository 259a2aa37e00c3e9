"""Accounts over REST: parse, call one use case, render."""

import re
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.client_address import CLIENT, parse_address
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.accounts import contract
from hastecrm.features.accounts.domain import DEVICE_LENGTH, Founder, Newcomer, Origin
from hastecrm.features.accounts.schemas import (
    Forgotten,
    Login,
    MePatch,
    PasswordChange,
    Refresh,
    Register,
    Reset,
    SetUp,
    SignUp,
    SignUpAsked,
    Verify,
    me_json,
    session_json,
    sign_in_json,
    tokens_json,
    user_json,
)
from hastecrm.features.accounts.service.profile import NewPassword, Owner, ProfileService, Setup
from hastecrm.features.accounts.service.recovery import RecoveryService
from hastecrm.features.accounts.service.registration import RegistrationService
from hastecrm.features.accounts.service.sessions import SessionService
from hastecrm.features.accounts.service.sign_in import Credentials, Factor, SignInService
from hastecrm.features.accounts.service.sign_up import SignUpService

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class AccountRoutes:
    """The addresses below `/api/v1/auth` and `/api/v1/me`."""

    set_up: Setup
    registration: RegistrationService
    sign_up: SignUpService
    sign_in: SignInService
    sessions: SessionService
    recovery: RecoveryService
    profile: ProfileService

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.SET_UP.add_to(app, self.make_owner)
        contract.REGISTER.add_to(app, self.register)
        contract.ASK_SIGN_UP.add_to(app, self.ask_sign_up)
        contract.SIGN_UP.add_to(app, self.finish_sign_up)
        contract.LOG_IN.add_to(app, self.log_in)
        contract.REFRESH.add_to(app, self.refresh)
        contract.LOG_OUT.add_to(app, self.log_out)
        contract.FORGOT.add_to(app, self.forgot)
        contract.RESET.add_to(app, self.reset)
        contract.VERIFY.add_to(app, self.verify)
        contract.SHOW_ME.add_to(app, self.show_me)
        contract.CHANGE_ME.add_to(app, self.change_me)
        contract.CHANGE_PASSWORD.add_to(app, self.change_password)
        contract.ASK_VERIFICATION.add_to(app, self.ask_verification)
        contract.LIST_SESSIONS.add_to(app, self.list_sessions)
        contract.END_SESSION.add_to(app, self.end_session)
        contract.END_SESSIONS.add_to(app, self.end_sessions)

    async def make_owner(self, request: web.Request) -> web.Response:
        """Make the first owner: 201."""
        if not request[PRINCIPAL].is_installation:
            detail = "Use the installation's own access token for this."
            raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
        new = parse(SetUp, await read_json(request))
        owner = Owner(new.email, new.name, new.password, new.workspace)
        return json_response(user_json(await self.set_up(owner, origin_of(request))), status=201)

    async def register(self, request: web.Request) -> web.Response:
        """Make an account for someone who was invited: 201, signed in."""
        new = parse(Register, await read_json(request))
        newcomer = Newcomer(new.invitation, new.name, new.password)
        signed_in = await self.registration.register(newcomer, origin_of(request))
        return json_response(sign_in_json(signed_in), status=201)

    async def ask_sign_up(self, request: web.Request) -> web.Response:
        """Have a link to a new account sent: 202, whoever asks."""
        await self.sign_up.ask(parse(SignUpAsked, await read_json(request)).email)
        return web.Response(status=202)

    async def finish_sign_up(self, request: web.Request) -> web.Response:
        """Make an account and a workspace: 201, signed in."""
        new = parse(SignUp, await read_json(request))
        founder = Founder(new.token, new.name, new.password, new.workspace)
        return json_response(sign_in_json(await self.sign_up.finish(founder, origin_of(request))), status=201)

    async def log_in(self, request: web.Request) -> web.Response:
        """Open a session."""
        login = parse(Login, await read_json(request))
        credentials = Credentials(login.email, login.password, Factor(login.code, login.recovery_code))
        return json_response(sign_in_json(await self.sign_in.sign_in(credentials, origin_of(request))))

    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange a refresh token."""
        token = parse(Refresh, await read_json(request)).refresh_token
        return json_response(tokens_json(await self.sessions.refresh(token, origin_of(request))))

    async def log_out(self, request: web.Request) -> web.Response:
        """End the session that asks: 204."""
        _user, session = person_of(request)
        await self.sessions.end(request[PRINCIPAL], session, origin_of(request), why="signed out")
        return web.Response(status=204)

    async def forgot(self, request: web.Request) -> web.Response:
        """Have a link sent: 202, whoever asks."""
        await self.recovery.forgot(parse(Forgotten, await read_json(request)).email)
        return web.Response(status=202)

    async def reset(self, request: web.Request) -> web.Response:
        """Set a new password: 204."""
        reset = parse(Reset, await read_json(request))
        await self.recovery.reset(reset.token, reset.password, origin_of(request))
        return web.Response(status=204)

    async def verify(self, request: web.Request) -> web.Response:
        """Confirm an e-mail address: 204."""
        token = parse(Verify, await read_json(request)).token
        await self.recovery.verify(token, origin_of(request))
        return web.Response(status=204)

    async def show_me(self, request: web.Request) -> web.Response:
        """Show one's own account."""
        user, _session = person_of(request)
        return json_response(me_json(await self.profile.me(user), request[PRINCIPAL].workspace))

    async def change_me(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        user, _session = person_of(request)
        patch = parse(MePatch, await read_json(request))
        me = await self.profile.edit(user, patch.values())
        return json_response(me_json(me, request[PRINCIPAL].workspace))

    async def change_password(self, request: web.Request) -> web.Response:
        """Change the password: 204."""
        person_of(request)
        wanted = parse(PasswordChange, await read_json(request))
        new = NewPassword(wanted.current_password, wanted.new_password)
        await self.profile.change_password(request[PRINCIPAL], new, origin_of(request))
        return web.Response(status=204)

    async def ask_verification(self, request: web.Request) -> web.Response:
        """Have a link sent that confirms the address: 202."""
        person_of(request)
        await self.recovery.ask_verification(request[PRINCIPAL])
        return web.Response(status=202)

    async def list_sessions(self, request: web.Request) -> web.Response:
        """List where one is signed in."""
        _user, current = person_of(request)
        sessions = await self.sessions.list(request[PRINCIPAL])
        return json_response({"items": [session_json(session, current) for session in sessions]})

    async def end_session(self, request: web.Request) -> web.Response:
        """End one session: 204."""
        person_of(request)
        session = parse_id(request.match_info["id"], "session")
        await self.sessions.end(request[PRINCIPAL], session, origin_of(request), why="ended elsewhere")
        return web.Response(status=204)

    async def end_sessions(self, request: web.Request) -> web.Response:
        """End all sessions but this one."""
        person_of(request)
        ended = await self.sessions.end_others(request[PRINCIPAL], origin_of(request))
        return json_response({"ended": ended})


def origin_of(request: web.Request) -> Origin:
    """Return where a request comes from."""
    device = _UNPRINTABLE.sub("", request.headers.get("User-Agent", ""))[:DEVICE_LENGTH]
    address = request[CLIENT].address
    return Origin(address if parse_address(address) is not None else None, device)


def person_of(request: web.Request) -> tuple[UUID, UUID]:
    """Return the user and the session that ask; raises `BusinessError` for the installation's own token."""
    principal = request[PRINCIPAL]
    if principal.user is None or principal.session is None:
        detail = "The installation's access token stands for no person; sign in as one."
        raise BusinessError(detail, code=Code.AUTH_FORBIDDEN)
    return principal.user, principal.session
