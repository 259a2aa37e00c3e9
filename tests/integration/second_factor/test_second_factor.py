"""The second factor: turned on by the person, asked at every sign-in, used up once."""

from typing import Any

import pyotp
import pytest
from tests.integration.accounts.clients import ME, PASSWORD, Account, Client, account
from tests.integration.application import Running

PATH = f"{ME}/second-factor"


def app_of(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret)


@pytest.fixture
async def ada(sql: Any) -> Account:
    return await account(sql)


@pytest.fixture
async def client(api: Running, ada: Account) -> Client:
    return await ada.signed_in(api)


async def turned_on(client: Client) -> tuple[str, list[str]]:
    """Turn it on; return the secret and the recovery codes."""
    begun = await client.call("POST", PATH, json={"password": PASSWORD})
    assert begun.status == 201, begun.text
    secret = begun.json["secret"]
    done = await client.call("POST", f"{PATH}/confirm", json={"code": app_of(secret).now()})
    assert done.status == 200, done.text
    return secret, done.json["recovery_codes"]


async def test_once_it_is_on_a_password_alone_opens_nothing(
    api: Running, ada: Account, client: Client
) -> None:
    assert (await client.call("GET", PATH)).json == {"enabled": False, "recovery_codes_left": 0}
    secret, codes = await turned_on(client)

    alone = await ada.log_in(api)
    wrong = await ada.log_in(api, code="000000")
    again = await ada.log_in(api, code=app_of(secret).now())  # the code that confirmed it was used up
    recovered = await ada.log_in(api, recovery_code=codes[0].lower())
    twice = await ada.log_in(api, recovery_code=codes[0])

    assert (alone.status, alone.json["code"]) == (401, "AUTH_TWO_FACTOR_REQUIRED")
    assert (wrong.status, wrong.json["code"]) == (401, "AUTH_TWO_FACTOR_INVALID")
    assert again.json["code"] == "AUTH_TWO_FACTOR_INVALID"
    assert recovered.status == 200
    assert twice.json["code"] == "AUTH_TWO_FACTOR_INVALID"
    assert (await client.call("GET", PATH)).json == {"enabled": True, "recovery_codes_left": 9}


async def test_the_next_code_opens_the_account(api: Running, ada: Account, client: Client, sql: Any) -> None:
    secret, _ = await turned_on(client)
    await sql.execute("UPDATE second_factors SET last_step = last_step - 2")  # as if a minute had passed

    assert (await ada.log_in(api, code=app_of(secret).now())).status == 200


async def test_a_secret_that_was_never_confirmed_has_no_effect(
    api: Running, ada: Account, client: Client
) -> None:
    await client.call("POST", PATH, json={"password": PASSWORD})
    wrong = await client.call("POST", f"{PATH}/confirm", json={"code": "000000"})

    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/code")
    assert (await ada.log_in(api)).status == 200


@pytest.mark.parametrize("path", ["", "/recovery-codes", "/off"])
async def test_a_device_left_open_changes_nothing_without_the_password(client: Client, path: str) -> None:
    if path:
        await turned_on(client)

    refused = await client.call("POST", PATH + path, json={"password": "guessed at random"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/password")


async def test_it_is_turned_off_with_the_password(api: Running, ada: Account, client: Client) -> None:
    await turned_on(client)
    twice = await client.call("POST", PATH, json={"password": PASSWORD})
    off = await client.call("POST", f"{PATH}/off", json={"password": PASSWORD})
    nothing = await client.call("POST", f"{PATH}/off", json={"password": PASSWORD})

    assert twice.json["code"] == "BIZ_SECOND_FACTOR_ON"
    assert off.status == 204
    assert nothing.json["code"] == "BIZ_SECOND_FACTOR_OFF"
    assert (await ada.log_in(api)).status == 200


async def test_new_recovery_codes_end_the_old_ones(api: Running, ada: Account, client: Client) -> None:
    _, old = await turned_on(client)
    fresh = await client.call("POST", f"{PATH}/recovery-codes", json={"password": PASSWORD})

    assert (await ada.log_in(api, recovery_code=old[0])).status == 401
    assert (await ada.log_in(api, recovery_code=fresh.json["recovery_codes"][0])).status == 200


async def test_a_stolen_table_tells_neither_secrets_nor_codes(client: Client, sql: Any) -> None:
    secret, codes = await turned_on(client)

    stored = await sql.fetchval("SELECT secret FROM second_factors")
    hashes = [row["hash"] for row in await sql.fetch("SELECT hash FROM recovery_codes")]
    assert pyotp.TOTP(secret).byte_secret() not in stored
    assert not [code for code in codes if code.encode() in b"".join(hashes)]


async def test_what_changed_stands_in_the_audit_log(client: Client, sql: Any) -> None:
    await turned_on(client)
    await client.call("POST", f"{PATH}/off", json={"password": PASSWORD})

    actions = [row["action"] for row in await sql.fetch("SELECT action FROM audit_log ORDER BY at")]
    assert [action for action in actions if "factor" in action] == [
        "user.second_factor_turned_on",
        "user.second_factor_turned_off",
    ]
