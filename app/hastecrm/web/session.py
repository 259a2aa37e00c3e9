"""The session cookie: what the API gave for signing in, sealed, so that no browser can read it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import orjson
from aiohttp import web

from hastecrm.core.sealing import Sealer, SealError

_PLACE: Final = "web session"
_LIFETIME: Final = timedelta(
    days=30
)  # the API ends sessions earlier: unused ones, and those that were revoked
_EARLY: Final = 30.0  # seconds before its end in which a token is renewed, so that it does not end on the way


@dataclass(frozen=True, slots=True)
class Session:
    """What the pages know of whoever uses them. `ends` is when the access token does, in Unix seconds."""

    access: str
    refresh: str
    ends: float
    name: str
    workspace: str

    @classmethod
    def of(cls, answer: Mapping[str, Any], now: datetime) -> Self:
        """Read the API's answer to a sign-in or a refresh."""
        ends = now.timestamp() + float(answer["expires_in"])
        names = {place["id"]: place["name"] for place in answer["workspaces"]}
        workspace = names.get(answer["workspace"], "")
        return cls(answer["access_token"], answer["refresh_token"], ends, answer["user"]["name"], workspace)

    def is_due(self, now: datetime) -> bool:
        """Whether the access token has to be renewed."""
        return self.ends - _EARLY < now.timestamp()


class Sessions:
    """Puts sessions into cookies and reads them back; any replica with the same secret key can."""

    def __init__(self, sealer: Sealer, *, secure: bool) -> None:
        self._sealer = sealer
        self._secure = secure
        # Browsers take the __Host- prefix only over https.
        self.cookie = "__Host-hastecrm" if secure else "hastecrm_session"

    def read(self, request: web.Request) -> Session | None:
        """Return the session of a request, if it has one that was made here."""
        given = request.cookies.get(self.cookie)
        if given is None or not given.isascii():
            return None
        try:
            sealed = base64.b64decode(given, altchars=b"-_", validate=True)
            return Session(**orjson.loads(self._sealer.open(sealed, _PLACE)))
        except (binascii.Error, SealError, orjson.JSONDecodeError, TypeError):
            return None

    def begin(self, response: web.StreamResponse, session: Session) -> None:
        """Put a session into the response, or its newer state."""
        sealed = self._sealer.seal(orjson.dumps(asdict(session)), _PLACE)
        response.set_cookie(
            self.cookie,
            base64.urlsafe_b64encode(sealed).decode("ascii"),
            max_age=int(_LIFETIME.total_seconds()),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Strict",
        )

    def end(self, response: web.StreamResponse) -> None:
        """Take the session away."""
        response.del_cookie(self.cookie, path="/", httponly=True, secure=self._secure, samesite="Strict")


SESSION: Final = web.RequestKey("session", Session)
