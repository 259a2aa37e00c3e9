"""One OpenID provider over HTTP: its discovery document, its keys, the exchange of a code."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import aiohttp
import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError, SystemFaultError
from hastecrm.core.logging import get_logger
from hastecrm.core.remote import Remote
from hastecrm.features.openid.domain import ALGORITHMS, Attempt, Identity, Provider

log = get_logger()
_REMEMBERED: Final = 3600.0  # seconds; keys that are not known are asked for at once
_LARGEST: Final = 1 << 20
_SKEW: Final = 30  # seconds that the provider's clock may be off


class ProviderFaultError(SystemFaultError):
    """The provider answered something that OpenID Connect does not allow, or could not be reached."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__("The sign-in provider does not work at the moment.", retry_after=10, reason=reason)


class ProviderClient:
    """Talks to one provider, within the limits of its remote."""

    def __init__(self, provider: Provider, remote: Remote, clock: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self._remote = remote
        self._clock = clock
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: KeySet | None = None

    async def authorization_url(self, attempt: Attempt) -> str:
        """Return where to send the browser."""
        metadata = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": self.provider.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        url: str = add_params_to_uri(metadata["authorization_endpoint"], list(asked.items()))
        return url

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        """Exchange a code; raises `HTTPError` when the provider refuses it, or its token is not good."""
        metadata = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        status, answer = await self._send("POST", metadata["token_endpoint"], form)
        if status != 200 or "id_token" not in answer:
            log.warning("openid code refused", provider=self.provider.name, error=answer.get("error"))
            raise _refused()
        claims = await self._claims(str(answer["id_token"]), attempt, answer)
        if "email" not in claims:  # many give it only to those who ask with the access token
            claims = {**claims, **await self._userinfo(metadata, claims, answer)}
        email = claims.get("email")
        return Identity(
            self.provider.name,
            str(claims["sub"]),
            str(email) if email else None,
            claims.get("email_verified") is True,
        )

    async def _userinfo(
        self, metadata: Mapping[str, Any], claims: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if "userinfo_endpoint" not in metadata or "access_token" not in answer:
            return {}
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        status, told = await self._send("GET", metadata["userinfo_endpoint"], headers=bearer)
        # Of someone else's it must not be taken (OpenID Connect Core, 5.3.2).
        if status != 200 or told.get("sub") != claims["sub"]:
            return {}
        return {name: told[name] for name in ("email", "email_verified") if name in told}

    async def _claims(self, token: str, attempt: Attempt, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        decoded = await self._decoded(token)
        expected = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
            "nonce": {"essential": True, "value": attempt.nonce},
        }
        context = {
            "nonce": attempt.nonce,
            "client_id": self.provider.client_id,
            "access_token": answer.get("access_token"),
        }
        claims = CodeIDToken(decoded.claims, decoded.header, expected, context)
        try:
            claims.validate(now=int(self._clock()), leeway=_SKEW)
        except Exception as exc:  # authlib has no one base class for what can be wrong with claims
            log.warning("openid token refused", provider=self.provider.name, reason=str(exc))
            raise _refused() from exc
        return dict(decoded.claims)

    async def _decoded(self, token: str) -> jwt.Token:
        for fresh in (False, True):  # a key that is not known may be new
            keys = await self._key_set(fresh=fresh)
            try:
                return jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError) as exc:
                reason = exc
        log.warning("openid token refused", provider=self.provider.name, reason=str(reason))
        raise _refused() from reason

    async def _key_set(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            metadata = await self._discovered()
            status, answer = await self._send("GET", metadata["jwks_uri"])
            if status != 200:
                raise ProviderFaultError(f"{self.provider.name} answered {status} to a request for its keys")
            self._keys = KeySet.import_key_set(answer)  # type: ignore[arg-type] # checked by the import
        return self._keys

    async def _discovered(self) -> Mapping[str, Any]:
        known = self._metadata
        if known is not None and known[0] > self._clock():
            return known[1]
        url = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        status, answer = await self._send("GET", url)
        if status != 200 or answer.get("issuer") != self.provider.issuer:
            raise ProviderFaultError(f"{url} answered {status} and the issuer {answer.get('issuer')!r}")
        self._metadata = (self._clock() + _REMEMBERED, answer)
        return answer

    async def _send(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        if form is not None:
            # Encoded as a form would be, before it is encoded as a header (RFC 6749, 2.3.1).
            known = quote_plus(self.provider.client_id), quote_plus(self.provider.client_secret)
            headers = {"Authorization": aiohttp.encode_basic_auth(*known)}
        options = {"data": form, "headers": headers, "allow_redirects": False}

        async def send() -> tuple[int, dict[str, Any]]:
            async with aiohttp.request(method, url, **options) as response:  # type: ignore[arg-type] # mixed
                return response.status, _object(await response.content.read(_LARGEST))

        try:
            return await self._remote.call(send, idempotent=form is None)
        except (aiohttp.ClientError, OSError) as exc:
            raise ProviderFaultError(f"{self.provider.name}: {exc}") from exc


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _refused() -> HTTPError:
    detail = "The provider did not confirm this sign-in. Begin again."
    return HTTPError(detail, code=Code.AUTH_OPENID_REFUSED)
