"""Where anybody may sign up, they do so by mail, and learn of others nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.accounts.clients import AUTH, NEW_PASSWORD, PASSWORD, Client, account, actions
from tests.integration.accounts.test_recovery import Town
from tests.integration.application import CONTACTS, Answer, Running, running
from tests.integration.mail.post_office import PostOffice, environment, post_office
from tests.integration.servers import Postgres
from tests.integration.test_web import Browser, Page

NEWCOMER = {"name": "Nia New", "password": PASSWORD, "workspace": "Herons Ltd"}
A_MINUTE_LATER = "UPDATE sign_in_attempts SET last_at = last_at - interval '2 minutes'"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[PostOffice]:
    async with post_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def settings(postgres: Postgres, own_database: str, office: PostOffice, tmp_path: Path) -> dict[str, str]:
    mail = environment(office, tmp_path)
    return {**postgres.environment(own_database), **mail, "HASTECRM_SIGNUP": "open"}


@pytest.fixture
async def town(settings: dict[str, str], office: PostOffice, own_sql: Any) -> AsyncIterator[Town]:
    async with running("api", settings) as api, running("worker", settings):
        yield Town(api, office, own_sql)


async def asked(town: Town, email: str = "nia@example.com", letters: int = 1) -> str:
    """Ask for a link and return its token."""
    assert (await town.post("signup", email=email)).status == 202
    return await town.token(letters, "sign-up")


async def finish(town: Town, token: str, **changes: str) -> Answer:
    return await town.post("signup/finish", token=token, **{**NEWCOMER, **changes})


async def test_who_reads_the_letter_has_an_account_and_a_workspace(town: Town) -> None:
    made = await finish(town, await asked(town))
    nia = Client(town.api, made.json)

    assert (made.status, made.json["user"]["email_verified"]) == (201, True)
    [place] = made.json["workspaces"]
    assert (place["name"], place["role"]) == ("Herons Ltd", "owner")
    assert (await nia.call("POST", CONTACTS, json={"first_name": "Ada"})).status == 201
    assert "user.signed_up" in await actions(town.sql)


async def test_nobody_sees_what_is_in_another_workspace(town: Town) -> None:
    olga = await (await account(town.sql, "Olga", role="owner")).signed_in(town.api)
    await olga.call("POST", CONTACTS, json={"first_name": "Secret"})

    nia = Client(town.api, (await finish(town, await asked(town))).json)

    assert (await nia.call("GET", CONTACTS)).json["items"] == []


async def test_an_address_that_has_an_account_is_answered_alike_and_told_by_letter(town: Town) -> None:
    ada = await account(town.sql)
    known = await town.post("signup", email=ada.email)
    unknown = await town.post("signup", email="nobody@example.com")
    await town.office.until(2)
    letters = {letter["To"]: letter["Subject"] for letter in town.office.letters}

    assert (known.status, known.text) == (unknown.status, unknown.text) == (202, "")
    assert letters == {ada.email: "You have an account already", "nobody@example.com": "Make your account"}


@pytest.mark.parametrize("token", ["guessed", "ü", "A" * 200])
async def test_a_token_that_was_not_mailed_makes_nothing(town: Town, token: str) -> None:
    answer = await finish(town, token)

    assert (answer.status, answer.json["code"]) == (422, "AUTH_LINK_INVALID")
    assert await town.sql.fetchval("SELECT count(*) FROM users") == 0


async def test_of_many_at_once_one_makes_the_account(town: Town) -> None:
    token = await asked(town)
    answers = await asyncio.gather(*(finish(town, token) for _ in range(4)))

    assert Counter(answer.status for answer in answers) == {201: 1, 409: 3}
    assert await town.sql.fetchval("SELECT count(*) FROM workspaces WHERE name = 'Herons Ltd'") == 1


async def test_the_rules_for_passwords_hold_here_too(town: Town) -> None:
    answer = await finish(town, await asked(town), password="Nia New 1")

    assert answer.json["errors"][0]["pointer"] == "/password"


async def test_nobodys_inbox_is_filled(town: Town) -> None:
    for letters in range(1, 6):
        await asked(town, letters=letters)
        await town.sql.execute(A_MINUTE_LATER)
    for _ in range(2):
        await town.post("signup", email="nia@example.com")
    await town.post("signup", email="other@example.com")
    await town.office.until(6)

    assert [letter["To"] for letter in town.office.letters[5:]] == ["other@example.com"]


@pytest.mark.parametrize("path", ["signup", "signup/finish"])
async def test_where_people_are_invited_nobody_signs_up(api: Running, path: str) -> None:
    body = {"email": "a@example.com"} if path == "signup" else {"token": "a", **NEWCOMER}
    answer = await api.call("POST", f"{AUTH}/{path}", json=body, headers={"Authorization": ""})

    assert (answer.status, answer.json["code"]) == (403, "AUTH_FORBIDDEN")


async def test_the_pages_lead_from_the_address_to_the_contacts(town: Town, settings: dict[str, str]) -> None:
    pages = {**settings, "HASTECRM_API_URL": town.api.url}
    async with running("web", pages) as web:
        visitor = Browser(web)
        assert "/sign-up" in (await visitor.get("/login")).text
        asked_for = await visitor.post("/sign-up", email="nia@example.com")
        token = await town.token(1, "sign-up")
        form = Page((await visitor.get(f"/sign-up?token={token}")).text).inputs
        weak = await visitor.post("/sign-up", **{**NEWCOMER, "token": token, "password": "password"})
        made = await visitor.post("/sign-up", **{**NEWCOMER, "token": token, "password": NEW_PASSWORD})
        shown = await visitor.get("/contacts")

    assert "A letter is on its way" in asked_for.text
    assert set(form) >= {"token", "name", "workspace", "password"}
    assert (weak.status, made.status) == (422, 303)
    assert "Nia New · Herons Ltd" in shown.text


async def test_without_open_sign_up_there_is_no_such_page(web: Running) -> None:
    visitor = Browser(web)

    assert (await visitor.get("/sign-up")).status == 404
    assert "/sign-up" not in (await visitor.get("/login")).text
