"""Accounts as the pages need them: signing in, staying signed in, and one's own settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.web.api_client import APIClient, Refusal, Reply, SignedOutError
from hastecrm.web.session import Session

_AUTH = "/api/v1/auth"
_ME = "/api/v1/me"
_FACTOR = f"{_ME}/second-factor"
_INVITATIONS = "/api/v1/invitations"
# What a person can do something about: shown on the form instead of an error page.
_REFUSALS = frozenset({400, 401, 403, 404, 409, 410, 422, 429})


# What browsers call themselves, the telling names first: most of them also claim to be the others.
_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def device_name(agent: str) -> str:
    """Return what people call a device, for what its program calls itself."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    if browser is None:
        return agent[:40] or "Unknown device"
    return f"{browser} on {system}" if system is not None else browser


@dataclass(frozen=True, slots=True)
class Device:
    """A place where someone is signed in."""

    id: str
    name: str
    address: str
    last_seen_at: datetime
    current: bool

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> "Device":
        """Read a session of the API."""
        seen = datetime.fromisoformat(shown["last_seen_at"])
        return cls(shown["id"], device_name(shown["device"]), shown["address"] or "", seen, shown["current"])


class AccountsAPI:
    """What the pages do with accounts."""

    def __init__(self, api: APIClient, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def sign_in(self, given: Mapping[str, str], device: str) -> Session | Refusal:
        """Sign in with an e-mail address, a password and, where it is asked for, a code."""
        headers = {"User-Agent": device}
        return self._opened(await self._api.ask("POST", f"{_AUTH}/login", body=given, headers=headers))

    async def set_up(self, token: str, given: Mapping[str, str], device: str) -> Session | Refusal:
        """Make the first owner, with the installation's access token, and sign them in."""
        try:
            refusal = await self.post(f"{_AUTH}/setup", given, token)
        except SignedOutError:
            return Refusal(401, Code.AUTH_REQUIRED.name, "This is not the installation's access token.")
        if refusal is not None:
            return refusal
        return await self.sign_in({name: given[name] for name in ("email", "password")}, device)

    async def invitation(self, token: str) -> Mapping[str, Any] | Refusal:
        """Return what an invitation is to, or why it cannot be used."""
        reply = await self._api.ask("POST", f"{_INVITATIONS}/look", body={"token": token or "-"})
        refusal = _refusal(reply)
        answer: Mapping[str, Any] = reply.body
        return answer if refusal is None else refusal

    async def sign_up(self, given: Mapping[str, str], device: str) -> Session | Refusal:
        """Make the account of someone who was invited, and sign them in."""
        headers = {"User-Agent": device}
        return self._opened(await self._api.ask("POST", f"{_AUTH}/register", body=given, headers=headers))

    async def ask_sign_up(self, given: Mapping[str, str]) -> Refusal | None:
        """Ask for a letter with a link to a new account."""
        return await self.post(f"{_AUTH}/signup", given)

    async def found(self, given: Mapping[str, str], device: str) -> Session | Refusal:
        """Make an account and a workspace with the token of a letter, and sign in."""
        path, headers = f"{_AUTH}/signup/finish", {"User-Agent": device}
        return self._opened(await self._api.ask("POST", path, body=given, headers=headers))

    async def join(self, session: Session, token: str) -> Session | Refusal:
        """Accept an invitation; return the session, which works in that workspace from now on."""
        path, body = f"{_INVITATIONS}/accept", {"token": token}
        reply = await self._api.ask("POST", path, token=session.access, body=body)
        refusal = _refusal(reply)
        return replace(session, workspace=reply.body["name"]) if refusal is None else refusal

    async def providers(self) -> list[Mapping[str, str]]:
        """Return the providers that people can sign in with."""
        items: list[Mapping[str, str]] = (await self._api.ask("GET", f"{_AUTH}/openid")).expect(200)["items"]
        return items

    async def leave_for(self, provider: str, return_to: str) -> Mapping[str, str] | Refusal:
        """Return the provider's address, and the attempt that has to come back."""
        path = f"{_AUTH}/openid/{quote(provider, safe='')}/start"
        reply = await self._api.ask("POST", path, body={"redirect_uri": return_to})
        refusal = _refusal(reply)
        answer: Mapping[str, str] = reply.body
        return answer if refusal is None else refusal

    async def come_back(self, brought: Mapping[str, str]) -> str | Refusal:
        """Return the ticket for what the browser brought back."""
        reply = await self._api.ask("POST", f"{_AUTH}/openid/finish", body=brought)
        refusal = _refusal(reply)
        return str(reply.body["ticket"]) if refusal is None else refusal

    async def redeem(self, given: Mapping[str, str], device: str) -> Session | Refusal:
        """Sign in with a ticket and, where it is asked for, a code."""
        path, headers = f"{_AUTH}/openid/session", {"User-Agent": device}
        return self._opened(await self._api.ask("POST", path, body=given, headers=headers))

    async def factor(self, session: Session) -> Mapping[str, Any]:
        """Return whether the second factor is on, and how many recovery codes are left."""
        answer: Mapping[str, Any] = (await self._api.ask("GET", _FACTOR, token=session.access)).expect(200)
        return answer

    async def change_factor(
        self, session: Session, what: str, given: Mapping[str, str]
    ) -> Mapping[str, Any] | Refusal:
        """Begin (""), confirm, renew the recovery codes of, or turn off the second factor."""
        reply = await self._api.ask("POST", _FACTOR + what, token=session.access, body=given)
        refusal = _refusal(reply)
        return (reply.body or {}) if refusal is None else refusal

    async def renew(self, session: Session) -> Session | None:
        """Return the session with new tokens, or None when it has ended."""
        body = {"refresh_token": session.refresh}
        reply = await self._api.ask("POST", f"{_AUTH}/refresh", body=body)
        if reply.status in {401, 403}:
            return None
        answer = reply.expect(200)
        ends = self._clock().timestamp() + answer["expires_in"]
        return replace(session, access=answer["access_token"], refresh=answer["refresh_token"], ends=ends)

    async def sign_out(self, session: Session) -> None:
        """End the session."""
        await self._api.ask("POST", f"{_AUTH}/logout", token=session.access)

    async def post(self, path: str, given: Mapping[str, str], token: str | None = None) -> Refusal | None:
        """Send a form that changes something; return why not, if the API refuses it."""
        return _refusal(await self._api.ask("POST", path, token=token, body=given))

    async def forgot(self, given: Mapping[str, str]) -> Refusal | None:
        """Ask for a letter with a link to a new password."""
        return await self.post(f"{_AUTH}/password/forgot", given)

    async def reset(self, given: Mapping[str, str]) -> Refusal | None:
        """Set a new password with the token of a letter."""
        return await self.post(f"{_AUTH}/password/reset", given)

    async def verify(self, given: Mapping[str, str]) -> Refusal | None:
        """Confirm an e-mail address with the token of a letter."""
        return await self.post(f"{_AUTH}/email/verify", given)

    async def change_password(self, session: Session, given: Mapping[str, str]) -> Refusal | None:
        """Replace the password; every other session ends."""
        return await self.post(f"{_ME}/password", given, session.access)

    async def devices(self, session: Session) -> list[Device]:
        """Return where the person is signed in, this device first."""
        answer = (await self._api.ask("GET", f"{_ME}/sessions", token=session.access)).expect(200)
        found = [Device.of(shown) for shown in answer["items"]]
        return sorted(found, key=lambda device: (not device.current, -device.last_seen_at.timestamp()))

    async def end_device(self, session: Session, device: str) -> None:
        """Sign one device out."""
        await self._api.ask("DELETE", f"{_ME}/sessions/{quote(device, safe='')}", token=session.access)

    async def end_others(self, session: Session) -> None:
        """Sign every other device out."""
        await self._api.ask("DELETE", f"{_ME}/sessions", token=session.access)

    def _opened(self, reply: Reply) -> Session | Refusal:
        refusal = _refusal(reply)
        return Session.of(reply.body, self._clock()) if refusal is None else refusal


def _refusal(reply: Reply) -> Refusal | None:
    if reply.status in _REFUSALS and not reply.is_a(Code.HTTP_RATE_LIMITED):
        return Refusal.of(reply.body)
    reply.expect(reply.status if 200 <= reply.status < 300 else 200)
    return None
