"""Accounts are made by people who were invited, and by nobody else."""

import asyncio
import re
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.accounts.clients import AUTH, ME, PASSWORD, Account, Client, account, actions
from tests.integration.accounts.test_recovery import Town, town  # noqa: F401 - a fixture
from tests.integration.application import CONTACTS, Answer, Running

EVE = {"email": "eve@example.com", "role": "member", "visibility": "all"}


@pytest.fixture
async def owner(api: Running, sql: Any) -> Client:
    return await (await account(sql, "Olga", role="owner")).signed_in(api)


async def invited(client: Client) -> str:
    """Invite Eve and return the token of her link."""
    answer = await client.call("POST", "/api/v1/workspace/invitations", json=EVE)
    assert answer.status == 201, answer.text
    return str(answer.json["link"].partition("token=")[2])


async def register(api: Running, token: str, **changes: str) -> Answer:
    body = {"invitation": token, "name": "Eve Example", "password": PASSWORD, **changes}
    return await api.call("POST", f"{AUTH}/register", json=body, headers={"Authorization": ""})


async def test_an_invited_person_makes_an_account_joins_and_works(
    api: Running, owner: Client, sql: Any
) -> None:
    token = await invited(owner)
    made = await register(api, token)
    eve = Client(api, made.json)
    assert (made.status, made.json["user"]["email"], made.json["workspaces"]) == (201, EVE["email"], [])
    assert made.json["user"]["email_verified"] is False  # the link was passed on by hand
    assert (await eve.call("GET", CONTACTS)).json["code"] == "AUTH_NOT_IN_WORKSPACE"

    assert (await eve.call("POST", "/api/v1/invitations/accept", json={"token": token})).status == 200
    assert (await eve.call("POST", CONTACTS, json={"first_name": "Ada"})).status == 201
    assert (await Account(uuid4(), EVE["email"]).log_in(api)).status == 200
    assert "user.registered" in await actions(sql)


async def test_without_an_invitation_there_is_no_account(api: Running, sql: Any) -> None:
    answer = await register(api, "guessed")

    assert answer.json["code"] == "BIZ_INVITATION_UNKNOWN"
    assert await sql.fetchval("SELECT count(*) FROM users") == 0


async def test_of_many_at_once_one_makes_the_account(api: Running, owner: Client, sql: Any) -> None:
    token = await invited(owner)
    answers = await asyncio.gather(*(register(api, token, name=f"Eve {n}") for n in range(4)))

    assert Counter(answer.status for answer in answers) == {201: 1, 409: 3}
    assert {answer.json["code"] for answer in answers if answer.status == 409} == {"BIZ_DUPLICATE"}


@pytest.mark.parametrize("password", ["short", "Eve Example 1", "Password1234"])
async def test_the_rules_for_passwords_hold_here_too(api: Running, owner: Client, password: str) -> None:
    answer = await register(api, await invited(owner), password=password)

    assert answer.json["errors"][0]["pointer"] == "/password"


async def test_an_invitation_is_mailed_where_mail_can_be_sent(town: Town) -> None:  # noqa: F811
    owner = await (await account(town.sql, "Olga", role="owner")).signed_in(town.api)
    answer = await owner.call("POST", "/api/v1/workspace/invitations", json=EVE)
    await town.office.until(1)
    (letter,) = town.office.letters
    token = re.findall(r"https://crm\.example\.com/invitation\?token=(\S+)", letter.get_content())[0]

    assert answer.json["link"] is None
    assert (letter["To"], letter["Subject"]) == (EVE["email"], "Invitation to Default")
    made = await register(town.api, token)
    assert (made.status, made.json["user"]["email_verified"]) == (201, True)


async def test_a_request_can_name_another_workspace_of_its_person(
    api: Running, owner: Client, sql: Any
) -> None:
    other, strangers = uuid4(), uuid4()
    await sql.executemany(
        "INSERT INTO workspaces (id, name) VALUES ($1, $2)", [(other, "B"), (strangers, "C")]
    )
    await sql.execute(
        "INSERT INTO memberships (workspace_id, user_id, role) SELECT $1, id, 'viewer' FROM users", other
    )

    async def add(workspace: Any) -> Answer:
        headers = {"X-Workspace": str(workspace)}
        return await owner.call("POST", CONTACTS, json={"first_name": "Ada"}, headers=headers)

    assert (await add(owner.tokens["workspace"])).status == 201
    assert (await add(other)).json["code"] == "AUTH_FORBIDDEN"  # a viewer there
    assert (await add(strangers)).json["code"] == "AUTH_NOT_IN_WORKSPACE"
    assert (await owner.call("GET", ME, headers={"X-Workspace": str(other)})).json["workspace"] == str(other)
