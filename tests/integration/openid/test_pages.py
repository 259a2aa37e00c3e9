"""Signing in through a provider on the pages."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
from tests.integration.accounts.clients import ME, PASSWORD, account
from tests.integration.application import Running, running
from tests.integration.openid.conftest import RETURN_TO, Provider
from tests.integration.openid.test_openid import brought_back
from tests.integration.servers import Postgres
from tests.integration.test_web import Browser, Page


@pytest.fixture
async def api(postgres: Postgres, database: str, provider: Provider) -> AsyncIterator[Running]:
    async with running("api", {**postgres.environment(database), **provider.settings}) as api:
        yield api


@pytest.fixture
async def visitor(api: Running) -> AsyncIterator[Browser]:
    # The provider sends browsers back to one address; the tests carry what they bring to the pages.
    settings = {"HASTECRM_API_URL": api.url, "HASTECRM_PUBLIC_URL": "http://127.0.0.1:9"}
    async with running("web", settings) as web:
        yield Browser(web)


async def back_from_the_provider(visitor: Browser, email: str) -> Any:
    left = await visitor.get("/login/openid/example")
    assert left.status == 303, left.text
    attempt = left.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/login"} <= set(attempt.split("; "))
    visitor.cookie = attempt.split(";")[0]
    query = await brought_back(left.headers["Location"], email)
    answer = await visitor.get(f"/login/openid/return?{urlencode(query)}")
    for name, value in answer.headers.items():
        if name == "Set-Cookie" and value.startswith("hastecrm_session"):
            visitor.cookie = value.split(";")[0]
    return answer


def test_the_provider_returns_where_the_pages_wait() -> None:
    assert RETURN_TO.endswith("/login/openid/return")


async def test_a_person_chooses_a_provider_and_is_signed_in(visitor: Browser, sql: Any) -> None:
    await account(sql)
    form = await visitor.get("/login")
    welcome = await back_from_the_provider(visitor, "ada@example.com")

    assert Page(form.text).links["Sign in with Example"] == "/login/openid/example"
    assert welcome.status == 200
    assert 'content="0;url=/contacts"' in welcome.text
    assert "Ada Example" in (await visitor.get("/contacts")).text


async def test_the_second_factor_is_asked_after_the_provider(
    visitor: Browser, api: Running, sql: Any
) -> None:
    client = await (await account(sql)).signed_in(api)
    secret = (await client.call("POST", f"{ME}/second-factor", json={"password": PASSWORD})).json["secret"]
    code = pyotp.TOTP(secret).now()
    codes = await client.call("POST", f"{ME}/second-factor/confirm", json={"code": code})
    asked = await back_from_the_provider(visitor, "ada@example.com")
    ticket = str(Page(asked.text).inputs["ticket"]["value"])

    let_in = await visitor.post(
        "/login/openid/return", ticket=ticket, recovery_code=codes.json["recovery_codes"][0]
    )
    assert asked.status == 401
    assert let_in.status == 200
    assert "You are signed in" in let_in.text


async def test_strangers_and_invented_returns_are_told_why(visitor: Browser) -> None:
    stranger = await back_from_the_provider(visitor, "eve@example.com")
    invented = await visitor.get("/login/openid/return?state=x&code=y")
    unknown = await visitor.get("/login/openid/nobody")

    assert (stranger.status, invented.status, unknown.status) == (403, 401, 404)
    assert "No account belongs to this identity" in re.sub(r"\s+", " ", stranger.text)
    assert "Begin again" in invented.text
