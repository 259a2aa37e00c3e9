"""Codes of signing in and of accounts."""

from datetime import timedelta
from unittest import mock
from uuid import UUID

import pyotp
from tests.integration.accounts.clients import AUTH, ME, PASSWORD, account
from tests.integration.application import CONTACTS, Answer, running, settings_for
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.authentication import Authenticator, Claims
from hastecrm.core.clock import utc_now
from hastecrm.core.codes import Code
from hastecrm.core.tokens import AccessTokens
from hastecrm.features.accounts.domain import ONE_NETWORK
from hastecrm.features.accounts.service.sign_in import Verdict
from hastecrm.features.openid.domain import Attempt, Identity
from hastecrm.features.openid.service import OpenIDService
from hastecrm.main.second_factor import AskedAtSignIn


@triggers(Code.AUTH_TOKEN_EXPIRED)
async def _(stage: Stage) -> Answer:
    tokens = AccessTokens.of(settings_for("api", stage.environment)[0])
    old = tokens.issue(Claims(UUID(int=1), UUID(int=2)), None, utc_now() - timedelta(hours=1))
    with mock.patch.object(Authenticator, "principal", side_effect=lambda _: tokens.verify(old)):
        return await stage.api.call("GET", CONTACTS)


async def log_in(stage: Stage, **more: str) -> Answer:
    ada = await account(stage.sql)
    return await ada.log_in(stage.api, **more)


@triggers(Code.AUTH_INVALID_CREDENTIALS)
async def _(stage: Stage) -> Answer:
    return await log_in(stage, password="wrong password here")


@triggers(Code.AUTH_ACCOUNT_LOCKED)
async def _(stage: Stage) -> Answer:
    ada = await account(stage.sql)
    for _ in range(ONE_NETWORK.free):
        await ada.log_in(stage.api, password="wrong password here")
    return await ada.log_in(stage.api)


@triggers(Code.AUTH_TWO_FACTOR_REQUIRED)
async def _(stage: Stage) -> Answer:
    with mock.patch.object(AskedAtSignIn, "verdict", return_value=Verdict.MISSING):
        return await log_in(stage)


@triggers(Code.AUTH_TWO_FACTOR_INVALID)
async def _(stage: Stage) -> Answer:
    with mock.patch.object(AskedAtSignIn, "verdict", return_value=Verdict.WRONG):
        return await log_in(stage, code="000000")


@triggers(Code.AUTH_EMAIL_NOT_VERIFIED)
async def _(stage: Stage) -> Answer:
    mail = {
        "HASTECRM_MAIL_HOST": "127.0.0.1",
        "HASTECRM_MAIL_FROM": "crm@example.com",
        "HASTECRM_PUBLIC_URL": "https://crm.example.com",
        "HASTECRM_EMAIL_VERIFICATION": "true",
    }
    ada = await account(stage.sql)
    await stage.sql.execute("UPDATE users SET email_verified_at = NULL")
    async with running("api", {**stage.environment, **mail}) as api:
        return await ada.log_in(api)


@triggers(Code.AUTH_LINK_INVALID)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", f"{AUTH}/email/verify", json={"token": "guessed"})


@triggers(Code.BIZ_SETUP_DONE)
async def _(stage: Stage) -> Answer:
    await account(stage.sql, role="owner")
    body = {"email": "second@example.com", "name": "Second", "password": PASSWORD}
    return await stage.api.call("POST", f"{AUTH}/setup", json=body)


@triggers(Code.SYS_MAIL_UNAVAILABLE)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", f"{AUTH}/password/forgot", json={"email": "ada@example.com"})


async def second_factor(stage: Stage, path: str) -> Answer:
    client = await (await account(stage.sql)).signed_in(stage.api)
    return await client.call("POST", f"{ME}/second-factor{path}", json={"password": PASSWORD})


@triggers(Code.BIZ_SECOND_FACTOR_OFF)
async def _(stage: Stage) -> Answer:
    return await second_factor(stage, "/off")


@triggers(Code.BIZ_SECOND_FACTOR_ON)
async def _(stage: Stage) -> Answer:
    client = await (await account(stage.sql)).signed_in(stage.api)
    path = f"{ME}/second-factor"
    secret = (await client.call("POST", path, json={"password": PASSWORD})).json["secret"]
    await client.call("POST", f"{path}/confirm", json={"code": pyotp.TOTP(secret).now()})
    return await client.call("POST", path, json={"password": PASSWORD})


@triggers(Code.AUTH_OPENID_REFUSED)
async def _(stage: Stage) -> Answer:
    body = {"attempt": "00", "state": "invented", "code": "invented"}
    return await stage.api.call("POST", f"{AUTH}/openid/finish", json=body, headers={"Authorization": ""})


@triggers(Code.AUTH_NO_ACCOUNT)
async def _(stage: Stage) -> Answer:
    stranger = Identity("example", "42", "nobody@example.com", email_verified=True)
    attempt = Attempt("example", "state", "nonce", "verifier", "https://crm.example.com/", 4e9)
    with (
        mock.patch.object(OpenIDService, "_attempt", return_value=attempt),
        mock.patch.object(
            OpenIDService, "_client", return_value=mock.AsyncMock(**{"identity.return_value": stranger})
        ),
    ):
        body = {"attempt": "00", "state": "state", "code": "code"}
        return await stage.api.call("POST", f"{AUTH}/openid/finish", json=body, headers={"Authorization": ""})
