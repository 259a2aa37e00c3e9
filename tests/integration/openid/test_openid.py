"""Signing in through a real OpenID provider, and what must not get through."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp
import pyotp
import pytest
from tests.integration.accounts.clients import AUTH, ME, PASSWORD, account, actions
from tests.integration.application import Answer, Running, running
from tests.integration.openid.conftest import RETURN_TO, SECRET, Provider
from tests.integration.servers import Postgres

OPENID = f"{AUTH}/openid"


@dataclass
class Visitor:
    """Someone on the way through the provider."""

    api: Running

    async def post(self, path: str, **body: str) -> Answer:
        return await self.api.call("POST", OPENID + path, json=body, headers={"Authorization": ""})

    async def start(self) -> tuple[str, str]:
        """Return the provider's address and the attempt."""
        answer = await self.post("/example/start", redirect_uri=RETURN_TO)
        assert answer.status == 200, answer.text
        return answer.json["url"], answer.json["attempt"]

    async def returned(self, email: str) -> dict[str, str]:
        """Sign in at the provider; return what the browser brings back."""
        url, attempt = await self.start()
        return {"attempt": attempt, **await brought_back(url, email)}

    async def sign_in(self, email: str, **factor: str) -> Answer:
        """Go the whole way."""
        finished = await self.post("/finish", **await self.returned(email))
        if finished.status != 200:
            return finished
        return await self.post("/session", ticket=finished.json["ticket"], **factor)


async def brought_back(url: str, email: str) -> dict[str, str]:
    """Fill in the provider's pages; return the parameters of the address that it sends the browser to."""
    forms = [{"prompt": "login", "login": email, "password": "any"}, {"prompt": "consent"}]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        while not url.startswith(RETURN_TO):
            is_form = "/interaction/" in url
            options: dict[str, Any] = {"data": forms.pop(0)} if is_form else {}
            method = "POST" if is_form else "GET"
            async with browser.request(method, url, allow_redirects=False, **options) as answer:
                assert answer.status in {302, 303}, await answer.text()
                url = urljoin(url, answer.headers["Location"])
    query = parse_qs(urlsplit(url).query)
    return {name: query[name][0] for name in ("state", "code")}


@pytest.fixture
async def visitor(postgres: Postgres, database: str, provider: Provider) -> Any:
    async with running("api", {**postgres.environment(database), **provider.settings}) as api:
        yield Visitor(api)


async def test_whom_the_provider_vouches_for_is_let_in(visitor: Visitor, sql: Any) -> None:
    await account(sql)
    listed = await visitor.api.call("GET", OPENID, headers={"Authorization": ""})
    signed_in = await visitor.sign_in("ada@example.com")

    assert listed.json == {"items": [{"name": "example", "title": "Example"}]}
    assert signed_in.status == 200, signed_in.text
    headers = {"Authorization": f"Bearer {signed_in.json['access_token']}"}
    me = await visitor.api.call("GET", ME, headers=headers)
    assert me.json["email"] == "ada@example.com"
    assert "user.identity_linked" in await actions(sql)


async def test_an_identity_stays_with_its_account_whatever_its_address_becomes(
    visitor: Visitor, sql: Any
) -> None:
    ada = await account(sql)
    await visitor.sign_in("ada@example.com")
    await sql.execute("UPDATE users SET email = 'lovelace@example.com'")

    again = await visitor.sign_in("ada@example.com")
    assert again.json["user"]["id"] == str(ada.id)


@pytest.mark.parametrize("proven", [True, False])
async def test_an_address_that_nobody_has_proven_opens_no_account(
    visitor: Visitor, sql: Any, proven: bool
) -> None:
    await account(sql)
    if not proven:
        await sql.execute("UPDATE users SET email_verified_at = NULL")

    refused = await visitor.sign_in("eve@example.com" if proven else "ada@example.com")
    assert (refused.status, refused.json["code"]) == (403, "AUTH_NO_ACCOUNT")


async def test_a_provider_that_has_not_verified_the_address_opens_no_account(
    postgres: Postgres, database: str, careless_provider: Provider, sql: Any
) -> None:
    await account(sql)
    async with running("api", {**postgres.environment(database), **careless_provider.settings}) as api:
        refused = await Visitor(api).sign_in("ada@example.com")

    assert (refused.status, refused.json["code"]) == (403, "AUTH_NO_ACCOUNT")


async def test_a_provider_does_not_stand_in_for_the_second_factor(visitor: Visitor, sql: Any) -> None:
    ada = await account(sql)
    client = await ada.signed_in(visitor.api)
    secret = (await client.call("POST", f"{ME}/second-factor", json={"password": PASSWORD})).json["secret"]
    code = pyotp.TOTP(secret).now()
    confirmed = await client.call("POST", f"{ME}/second-factor/confirm", json={"code": code})
    recovery = confirmed.json["recovery_codes"][0]

    finished = await visitor.post("/finish", **await visitor.returned("ada@example.com"))
    ticket = finished.json["ticket"]
    alone = await visitor.post("/session", ticket=ticket)
    both = await visitor.post("/session", ticket=ticket, recovery_code=recovery)

    assert (alone.status, alone.json["code"]) == (401, "AUTH_TWO_FACTOR_REQUIRED")
    assert both.status == 200, both.text


async def test_a_disabled_account_stays_shut(visitor: Visitor, sql: Any) -> None:
    await account(sql)
    await visitor.sign_in("ada@example.com")
    await sql.execute("UPDATE users SET disabled_at = now()")

    refused = await visitor.sign_in("ada@example.com")
    assert (refused.status, refused.json["code"]) == (401, "AUTH_INVALID_CREDENTIALS")


async def test_what_another_browser_began_is_refused(visitor: Visitor, sql: Any) -> None:
    await account(sql)
    mine, theirs = await visitor.returned("ada@example.com"), await visitor.returned("eve@example.com")

    forged_state = await visitor.post("/finish", **{**mine, "state": theirs["state"]})
    injected_code = await visitor.post("/finish", **{**theirs, "code": mine["code"]})
    invented = await visitor.post("/finish", attempt="ff" * 60, state="x", code="x")
    for refused in (forged_state, injected_code, invented):
        assert (refused.status, refused.json["code"]) == (401, "AUTH_OPENID_REFUSED")


async def test_a_code_opens_one_session(visitor: Visitor, sql: Any) -> None:
    await account(sql)
    back = await visitor.returned("ada@example.com")

    assert (await visitor.post("/finish", **back)).status == 200
    assert (await visitor.post("/finish", **back)).json["code"] == "AUTH_OPENID_REFUSED"


@pytest.mark.parametrize("ticket", ["00", "zz", "ff" * 80])
async def test_an_invented_ticket_opens_nothing(visitor: Visitor, ticket: str) -> None:
    assert (await visitor.post("/session", ticket=ticket)).json["code"] == "AUTH_OPENID_REFUSED"


async def test_a_wrong_client_secret_is_our_own_mistake_and_opens_nothing(
    postgres: Postgres, database: str, provider: Provider, sql: Any
) -> None:
    await account(sql)
    wrong = provider.trusted(client_secret="not the secret").settings
    async with running("api", {**postgres.environment(database), **wrong}) as api:
        refused = await Visitor(api).sign_in("ada@example.com")

    assert refused.json["code"] == "AUTH_OPENID_REFUSED"


async def test_another_issuer_than_the_one_we_trust_is_not_believed(
    postgres: Postgres, database: str, provider: Provider
) -> None:
    other = provider.trusted(issuer=provider.url.replace("127.0.0.1", "localhost")).settings
    async with running("api", {**postgres.environment(database), **other}) as api:
        answer = await Visitor(api).post("/example/start", redirect_uri=RETURN_TO)

    assert (answer.status, answer.json["code"]) == (503, "SYS_UPSTREAM_UNAVAILABLE")


async def test_the_browser_only_ever_comes_back_to_our_own_pages(
    postgres: Postgres, database: str, provider: Provider
) -> None:
    ours = {**provider.settings, "HASTECRM_PUBLIC_URL": "https://crm.example.com"}
    async with running("api", {**postgres.environment(database), **ours}) as api:
        answers = [
            await Visitor(api).post("/example/start", redirect_uri=address)
            for address in ("https://evil.example/", "https://crm.example.com.evil.example/x", "javascript:x")
        ]
        fine = await Visitor(api).post("/example/start", redirect_uri="https://crm.example.com/login/return")

    assert [answer.status for answer in answers] == [422, 422, 422]
    assert fine.status == 200


async def test_a_provider_that_is_away_costs_nothing_after_a_while(
    postgres: Postgres, database: str, provider: Provider
) -> None:
    gone = provider.trusted(issuer="http://127.0.0.1:9").settings
    async with running("api", {**postgres.environment(database), **gone}) as api:
        answers = [await Visitor(api).post("/example/start", redirect_uri=RETURN_TO) for _ in range(4)]
        metrics = (await api.probe("/metrics")).text

    assert {answer.json["code"] for answer in answers} == {"SYS_UPSTREAM_UNAVAILABLE"}
    assert 'hastecrm_breaker_state{breaker="openid_example"} 2.0' in metrics


async def test_a_file_that_names_no_providers_is_said_so(
    postgres: Postgres, database: str, provider: Provider
) -> None:
    provider.file.write_text('[{"name": "Example"}]')
    with pytest.raises(Exception, match="HASTECRM_OPENID_FILE"):
        async with running("api", {**postgres.environment(database), **provider.settings}):
            pass


async def test_a_provider_mounted_as_kubernetes_mounts_secrets_works(
    postgres: Postgres, database: str, provider: Provider, sql: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "providers" / "example"
    folder.mkdir(parents=True)
    for key, value in {"issuer": provider.url, "clientId": "hastecrm", "clientSecret": SECRET}.items():
        (folder / key).write_text(value)
    mounted = {"HASTECRM_OPENID_DIRECTORY": str(folder.parent)}
    async with running("api", {**postgres.environment(database), **mounted}) as api:
        ada = await account(sql)
        answer = await Visitor(api).sign_in(ada.email)

    assert answer.status == 200, answer.text
