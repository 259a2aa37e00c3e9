"""The session cookie: a signed statement "signed in until then", holding nothing worth stealing a key for."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from aiohttp import web

LIFETIME = timedelta(hours=12)


class Sessions:
    """Issues and checks cookies; any replica with the same keys accepts them.

    While the secret key is being replaced, cookies of the previous one are accepted as well.
    """

    def __init__(
        self, *, secret_key: str, access_token: str, secure: bool, previous_key: str | None = None
    ) -> None:
        # The token is part of the key: when it is rotated, every session ends.
        token = hashlib.sha256(access_token.encode()).digest()
        keys = [key for key in (secret_key, previous_key) if key is not None]
        self._keys = [hmac.digest(key.encode(), b"hastecrm session v1" + token, "sha256") for key in keys]
        self._secure = secure
        # Browsers take the __Host- prefix only over https.
        self.cookie = "__Host-hastecrm" if secure else "hastecrm_session"

    def issue(self, now: datetime) -> str:
        """Return a cookie value that is good for `LIFETIME`."""
        statement = f"{int((now + LIFETIME).timestamp())}.{secrets.token_urlsafe(12)}"
        return f"{statement}.{_signature(self._keys[0], statement)}"

    def accepts(self, value: str | None, now: datetime) -> bool:
        """Whether the value was issued here and has not expired."""
        if value is None or value.count(".") != 2:
            return False
        statement, _, signature = value.rpartition(".")
        if not any(_is_signature(key, statement, signature) for key in self._keys):
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


def _is_signature(key: bytes, statement: str, given: str) -> bool:
    return hmac.compare_digest(given.encode(), _signature(key, statement).encode())


def _signature(key: bytes, statement: str) -> str:
    digest = hmac.digest(key, statement.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
