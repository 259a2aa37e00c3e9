"""The session cookie: a signed statement "signed in until then", holding nothing worth stealing a key for."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from aiohttp import web

LIFETIME = timedelta(hours=12)


class Sessions:
    """Issues and checks cookies; any replica with the same keys accepts them."""

    def __init__(self, *, secret_key: str, access_token: str, secure: bool) -> None:
        # The token is part of the key: when it is rotated, every session ends.
        token = hashlib.sha256(access_token.encode()).digest()
        self._key = hmac.digest(secret_key.encode(), b"hastecrm session v1" + token, "sha256")
        self._secure = secure
        # Browsers take the __Host- prefix only over https.
        self.cookie = "__Host-hastecrm" if secure else "hastecrm_session"

    def issue(self, now: datetime) -> str:
        """Return a cookie value that is good for `LIFETIME`."""
        statement = f"{int((now + LIFETIME).timestamp())}.{secrets.token_urlsafe(12)}"
        return f"{statement}.{self._signature(statement)}"

    def accepts(self, value: str | None, now: datetime) -> bool:
        """Whether the value was issued here and has not expired."""
        if value is None or value.count(".") != 2:
            return False
        statement, _, signature = value.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(statement).encode()):
            return False
        return int(statement.partition(".")[0]) > now.timestamp()

    def begin(self, response: web.StreamResponse, now: datetime) -> None:
        """Put a new session into the response."""
        response.set_cookie(
            self.cookie,
            self.issue(now),
            max_age=int(LIFETIME.total_seconds()),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Strict",
        )

    def end(self, response: web.StreamResponse) -> None:
        """Take the session away."""
        response.del_cookie(self.cookie, path="/", httponly=True, secure=self._secure, samesite="Strict")

    def _signature(self, statement: str) -> str:
        digest = hmac.digest(self._key, statement.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
