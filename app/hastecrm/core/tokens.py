"""Access tokens: JWTs of one fixed form (RFC 9068's type), signed with HMAC-SHA-256. No I/O here.

Nothing in a token says how it is to be checked: the algorithm is fixed, the key must be one of ours, and a
header with anything else in it is refused.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from time import time
from typing import Any, Final, NoReturn, Self
from uuid import UUID

import jwt

from hastecrm.core.authentication import Claims
from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.keys import KeyRing
from hastecrm.core.settings import Settings

ALGORITHM: Final = "HS256"
TYPE: Final = "at+jwt"
ISSUER: Final = "hastecrm"
AUDIENCE: Final = "hastecrm-api"
LONGEST: Final = 2048  # bytes; ours have about 450
_REQUIRED: Final = ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"]
_HEADER: Final = frozenset({"alg", "typ", "kid"})
_CLOCK_SKEW: Final = 5  # seconds that the clocks of two replicas may differ
# Tokens that were checked already; about 4 MB. A check takes 140 µs, finding one here less than 1.
_REMEMBERED: Final = 4096
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="hastecrm", error="invalid_token"'}


class AccessTokens:
    """Makes and checks access tokens; implements `authentication.Verifier`."""

    def __init__(self, ring: KeyRing, lifetime: timedelta, clock: Callable[[], float] = time) -> None:
        self._ring = ring
        self.lifetime = lifetime
        self._clock = clock
        self._checked: OrderedDict[str, tuple[float, Claims]] = OrderedDict()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the tokens of an installation."""
        return cls(KeyRing.of(settings, "access tokens"), timedelta(seconds=settings.token_lifetime))

    def issue(self, claims: Claims, workspace: UUID | None, now: datetime) -> str:
        """Return a token for one session; `wid` only tells the client where the session works."""
        moment = int(now.timestamp())
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user),
            "sid": str(claims.session),
            "wid": str(workspace) if workspace is not None else None,
            "iat": moment,
            "nbf": moment,
            "exp": moment + int(self.lifetime.total_seconds()),
            "jti": token_hex(12),
        }
        key = self._ring.current
        return jwt.encode(body, key.secret, ALGORITHM, headers={"typ": TYPE, "kid": key.id})

    def verify(self, token: str) -> Claims:
        """Return the claims; raises `HTTPError`: expired, or simply not good."""
        if (known := self._checked.get(token)) is not None and known[0] > self._clock():
            return known[1]
        claims, end = self._check(token)
        self._checked[token] = (end, claims)
        if len(self._checked) > _REMEMBERED:
            self._checked.popitem(last=False)
        return claims

    def _check(self, token: str) -> tuple[Claims, float]:
        if len(token) > LONGEST:
            _refuse()
        try:
            body = self._decoded(token)
            return Claims(UUID(body["sub"]), UUID(body["sid"])), float(body["exp"])
        except jwt.ExpiredSignatureError as exc:
            detail = "The access token has expired; get a new one with the refresh token."
            raise HTTPError(detail, code=Code.AUTH_TOKEN_EXPIRED, headers=_CHALLENGE) from exc
        # What is no JSON object where one belongs shows as any of these.
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as exc:
            _refuse(exc)

    def _decoded(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key = self._ring.find(header.get("kid"))
        if set(header) != _HEADER or header["typ"] != TYPE or header["alg"] != ALGORITHM or key is None:
            _refuse()
        decoded: dict[str, Any] = jwt.decode(
            token,
            key.secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=_CLOCK_SKEW,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        return decoded


def _refuse(cause: Exception | None = None) -> NoReturn:
    # Why is nobody's business: whoever made this token did not get it from us.
    detail = "The access token is not valid; sign in again."
    raise HTTPError(detail, code=Code.AUTH_REQUIRED, headers=_CHALLENGE) from cause
