"""One's own account, and the first account of an installation."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.accounts.clients import (
    AUTH,
    ME,
    NEW_PASSWORD,
    PASSWORD,
    Account,
    Client,
    account,
    actions,
)
from tests.integration.application import Running

OWNER = {"email": "Owner@example.com", "name": "Olga Owner", "password": PASSWORD}


@pytest.fixture
async def ada(api: Running, sql: Any) -> Client:
    return await (await account(sql)).signed_in(api)


async def test_people_change_what_is_theirs_to_change(ada: Client) -> None:
    patch = {"name": "Ada King", "time_zone": "Europe/Vienna", "locale": "de-AT"}
    changed = await ada.call("PATCH", ME, json=patch)

    assert changed.status == 200
    assert patch.items() <= changed.json.items()
    assert (await ada.call("GET", ME)).json == changed.json


async def test_an_empty_patch_changes_nothing(ada: Client) -> None:
    before = (await ada.call("GET", ME)).json

    assert (await ada.call("PATCH", ME, json={})).json == before


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"time_zone": "Europe/Nowhere"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"locale": "english"}, "/locale"),
        ({"email": "eve@example.com"}, "/email"),
        ({"id": "1"}, "/id"),
        ({"email_verified": True}, "/email_verified"),
        ({"disabled_at": None}, "/disabled_at"),
        ({"password_hash": "x"}, "/password_hash"),
    ],
)
async def test_what_is_not_valid_or_not_theirs_is_refused(
    ada: Client, patch: dict[str, Any], pointer: str
) -> None:
    answer = await ada.call("PATCH", ME, json=patch)

    assert answer.json["code"] == "VALIDATION_FAILED"
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


async def change(client: Client, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Any:
    body = {"current_password": current, "new_password": new}
    return await client.call("POST", f"{ME}/password", json=body)


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    ada: Client, api: Running, sql: Any
) -> None:
    someone = Account(uuid4(), "ada@example.com")
    other = await someone.signed_in(api)
    assert (await change(ada)).status == 204

    assert (await ada.call("GET", ME)).status == 200
    assert (await ada.refresh()).status == 200
    assert (await other.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await someone.log_in(api)).status == 401
    assert (await someone.log_in(api, password=NEW_PASSWORD)).status == 200
    assert "user.password_changed" in await actions(sql)


async def test_without_the_current_password_nothing_changes_and_guesses_are_counted(
    ada: Client, api: Running
) -> None:
    answers = [await change(ada, current=f"wrong password {n}") for n in range(9)]

    assert [answer.status for answer in answers] == [422] * 8 + [429]
    assert answers[0].json["errors"] == [{"pointer": "/current_password", "detail": "is not your password"}]


@pytest.mark.parametrize("new", ["short", "Password1234", "ada@example.com!", "qwertyuiop[]"])
async def test_weak_passwords_are_refused_in_words(ada: Client, new: str) -> None:
    answer = await change(ada, new=new)

    assert answer.json["code"] == "VALIDATION_FAILED"
    assert {each["pointer"] for each in answer.json["errors"]} == {"/new_password"}
    assert new not in answer.json["detail"]


async def test_the_installation_makes_its_first_owner_and_no_second(api: Running, sql: Any) -> None:
    made = await api.call("POST", f"{AUTH}/setup", json={**OWNER, "workspace": "Acme"})
    again = await api.call("POST", f"{AUTH}/setup", json={**OWNER, "email": "second@example.com"})
    client = await Account(uuid4(), "owner@example.com").signed_in(api)

    assert (made.status, made.json["email"]) == (201, "Owner@example.com")
    assert made.json["email_verified"] is True
    assert again.json["code"] == "BIZ_SETUP_DONE"
    assert [(each["name"], each["role"]) for each in client.tokens["workspaces"]] == [("Acme", "owner")]
    assert (await actions(sql))[0] == "installation.set_up"
    await sql.execute("UPDATE workspaces SET name = 'Default'")


async def test_of_two_first_owners_at_once_there_is_one(api: Running, sql: Any) -> None:
    bodies = [{**OWNER, "email": f"owner{n}@example.com"} for n in range(4)]
    answers = await asyncio.gather(*(api.call("POST", f"{AUTH}/setup", json=body) for body in bodies))

    assert Counter(answer.status for answer in answers) == {201: 1, 409: 3}
    assert await sql.fetchval("SELECT count(*) FROM users") == 1


async def test_people_cannot_set_the_installation_up(ada: Client) -> None:
    assert (await ada.call("POST", f"{AUTH}/setup", json=OWNER)).json["code"] == "AUTH_FORBIDDEN"
    answer = await ada.api.call("POST", f"{AUTH}/setup", json=OWNER, headers={"Authorization": ""})
    assert answer.json["code"] == "AUTH_REQUIRED"


async def test_an_address_has_one_account(ada: Client) -> None:
    answer = await ada.api.call("POST", f"{AUTH}/setup", json={**OWNER, "email": "ADA@example.com"})

    assert answer.json["code"] == "BIZ_DUPLICATE"
    assert [each["pointer"] for each in answer.json["errors"]] == ["/email"]
