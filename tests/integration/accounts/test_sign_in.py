"""Signing in: who gets in, what everyone else is told, and how guessing is slowed down."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from argon2 import PasswordHasher
from tests.integration.accounts.clients import AUTH, ME, NEW_PASSWORD, PASSWORD, Account, account, actions
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres

from hastecrm.features.accounts.domain import ONE_NETWORK, Origin, account_key
from hastecrm.features.accounts.service.sign_in import Factor, Verdict
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.main.second_factor import AskedAtSignIn

NOBODY = Account(DEFAULT_WORKSPACE, "nobody@example.com")


async def test_whoever_signs_in_can_work_at_once(api: Running, sql: Any) -> None:
    ada = await account(sql, "Ada")
    client = await ada.signed_in(api)

    assert client.tokens["token_type"] == "Bearer"
    assert client.tokens["expires_in"] == 900
    assert client.tokens["user"]["email"] == "ada@example.com"
    assert client.tokens["workspace"] == str(DEFAULT_WORKSPACE)
    assert client.tokens["workspaces"] == [
        {"id": str(DEFAULT_WORKSPACE), "name": "Default", "role": "member"}
    ]
    assert (await client.call("POST", CONTACTS, json={"first_name": "Grace"})).status == 201
    assert "session.opened" in await actions(sql)


async def test_the_answer_holds_no_secret_of_the_account(api: Running, sql: Any) -> None:
    client = await (await account(sql)).signed_in(api)
    me = await client.call("GET", ME)

    assert "hash" not in str(client.tokens) + me.text
    assert set(me.json) == {
        "id",
        "email",
        "name",
        "time_zone",
        "locale",
        "email_verified",
        "workspace",
        "workspaces",
    }


async def test_capitals_in_the_address_make_no_difference(api: Running, sql: Any) -> None:
    ada = await account(sql)

    assert (await Account(ada.id, "ADA@Example.com").log_in(api)).status == 200


async def test_wrong_password_unknown_address_and_disabled_account_look_the_same(
    api: Running, sql: Any
) -> None:
    ada, eve = await account(sql, "Ada"), await account(sql, "Eve")
    await sql.execute("UPDATE users SET disabled_at = now() WHERE id = $1", eve.id)
    answers = [
        await ada.log_in(api, password="wrong password here"),
        await NOBODY.log_in(api),
        await eve.log_in(api),
    ]

    bodies = [{name: each.json[name] for name in ("code", "detail", "title", "status")} for each in answers]
    assert bodies[0]["code"] == "AUTH_INVALID_CREDENTIALS"
    assert bodies[0] == bodies[1] == bodies[2]
    assert len({frozenset(each.headers) for each in answers}) == 1
    assert await actions(sql) == ["sign_in.failed"] * 3


async def test_a_hash_of_older_parameters_is_made_anew(api: Running, sql: Any) -> None:
    ada = await account(sql)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await sql.execute("UPDATE users SET password_hash = $1", weak)
    await ada.signed_in(api)

    assert await sql.fetchval("SELECT password_hash FROM users") != weak
    assert (await ada.log_in(api)).status == 200


async def test_the_metric_counts_by_outcome(api: Running, sql: Any) -> None:
    ada = await account(sql)
    await ada.log_in(api)
    await ada.log_in(api, password="wrong password here")
    text = (await api.probe("/metrics")).text

    assert 'hastecrm_sign_ins_total{outcome="ok"} 1.0' in text
    assert 'hastecrm_sign_ins_total{outcome="invalid_credentials"} 1.0' in text


async def guess(api: Running, someone: Account, times: int) -> list[int]:
    answers = [await someone.log_in(api, password=f"wrong password {n}") for n in range(times)]
    return [answer.status for answer in answers]


@pytest.mark.parametrize("exists", [True, False], ids=["an account", "nobody's address"])
async def test_guessing_is_slowed_down_whether_or_not_the_account_exists(
    api: Running, sql: Any, exists: bool
) -> None:
    someone = await account(sql) if exists else NOBODY
    statuses = await guess(api, someone, ONE_NETWORK.free + 1)
    locked = await someone.log_in(api)

    assert statuses == [401] * ONE_NETWORK.free + [429]
    assert locked.json["code"] == "AUTH_ACCOUNT_LOCKED"
    assert int(locked.headers["Retry-After"]) == locked.json["retry_after"] >= 1


async def test_guesses_that_come_at_once_gain_nothing(api: Running, sql: Any) -> None:
    ada = await account(sql)
    tries = [ada.log_in(api, password=f"wrong password {n}") for n in range(3 * ONE_NETWORK.free)]
    statuses = [answer.status for answer in await asyncio.gather(*tries)]

    assert statuses.count(401) <= ONE_NETWORK.free
    assert statuses.count(429) >= 2 * ONE_NETWORK.free


async def test_the_owner_gets_in_after_the_wait_and_starts_afresh(api: Running, sql: Any) -> None:
    ada = await account(sql)
    await guess(api, ada, ONE_NETWORK.free)
    await sql.execute("UPDATE sign_in_attempts SET blocked_until = now() - interval '1 ms'")

    assert (await ada.log_in(api)).status == 200
    assert await guess(api, ada, ONE_NETWORK.free) == [401] * ONE_NETWORK.free


@pytest.fixture
async def proxied(postgres: Postgres, database: str) -> Any:
    """An API that believes what this machine says about clients."""
    environment = {**postgres.environment(database), "HASTECRM_TRUSTED_PROXIES": "127.0.0.1"}
    async with running("api", environment) as program:
        yield program


def from_address(address: str) -> dict[str, dict[str, str]]:
    return {"headers": {"X-Forwarded-For": address}}


async def test_an_attacker_elsewhere_does_not_lock_the_owner_out(proxied: Running, sql: Any) -> None:
    ada = await account(sql)
    for n in range(ONE_NETWORK.free + 2):
        await ada.log_in(proxied, password=f"wrong password {n}", **from_address("203.0.113.7"))

    assert (await ada.log_in(proxied, **from_address("203.0.113.99"))).status == 429  # the same network
    assert (await ada.log_in(proxied, **from_address("198.51.100.4"))).status == 200


async def test_many_machines_together_block_strangers_and_not_known_networks(
    proxied: Running, sql: Any
) -> None:
    ada = await account(sql)
    await ada.signed_in(proxied, **from_address("198.51.100.4"))
    await sql.execute(
        "UPDATE sign_in_attempts SET failures = 500, blocked_until = now() + interval '1 minute' "
        "WHERE network = '0.0.0.0/0'"
    )

    assert (await ada.log_in(proxied, **from_address("203.0.113.7"))).status == 429
    assert (await ada.log_in(proxied, **from_address("198.51.100.77"))).status == 200
    assert (await ada.log_in(proxied, **from_address("2001:db8::1"))).status == 429


async def test_neighbours_in_an_ipv6_network_count_as_one(proxied: Running, sql: Any) -> None:
    ada = await account(sql)
    for n in range(ONE_NETWORK.free):
        await ada.log_in(proxied, password=f"wrong {n} password", **from_address(f"2001:db8:0:1:{n:x}::1"))

    assert (await ada.log_in(proxied, **from_address("2001:db8:0:2::1"))).status == 429
    assert await sql.fetchval("SELECT count(*) FROM sign_in_attempts") == 2


async def test_what_is_counted_names_nobody(api: Running, sql: Any) -> None:
    await NOBODY.log_in(api)

    keys = {row["account"] for row in await sql.fetch("SELECT account FROM sign_in_attempts")}
    assert keys == {account_key("NOBODY@example.com")}


async def test_the_second_factor_is_asked_for_and_counts(api: Running, sql: Any) -> None:
    ada = await account(sql)

    async def verdict(_self: object, _user: object, given: Factor) -> Verdict:
        if given.code is None:
            return Verdict.MISSING
        return Verdict.RIGHT if given.code == "123456" else Verdict.WRONG

    with mock.patch.object(AskedAtSignIn, "verdict", verdict):
        missing, wrong = await ada.log_in(api), await ada.log_in(api, code="000000")
        guessed = await ada.log_in(api, password="wrong password here", code="123456")
        right = await ada.log_in(api, code="123456")

    assert missing.json["code"] == "AUTH_TWO_FACTOR_REQUIRED"
    assert wrong.json["code"] == "AUTH_TWO_FACTOR_INVALID"
    assert guessed.json["code"] == "AUTH_INVALID_CREDENTIALS"
    assert right.status == 200


async def test_a_code_cannot_be_guessed_without_end(api: Running, sql: Any) -> None:
    ada = await account(sql)
    with mock.patch.object(AskedAtSignIn, "verdict", return_value=Verdict.WRONG):
        statuses = [(await ada.log_in(api, code=f"{n:06}")).status for n in range(ONE_NETWORK.free + 1)]

    assert statuses == [401] * ONE_NETWORK.free + [429]


async def test_a_token_of_one_installation_is_worth_nothing_in_another(
    api: Running, sql: Any, postgres: Postgres, database: str
) -> None:
    client = await (await account(sql)).signed_in(api)
    other = {**postgres.environment(database), "HASTECRM_SECRET_KEY": "another-key-of-32-characters-or-more"}
    async with running("api", other) as stranger:
        answer = await stranger.call(
            "GET", ME, headers={"Authorization": f"Bearer {client.tokens['access_token']}"}
        )

    assert answer.json["code"] == "AUTH_REQUIRED"


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(api: Running, sql: Any) -> None:
    client = await (await account(sql)).signed_in(api)
    bearer = {"Authorization": f"Bearer {client.tokens['refresh_token']}"}

    assert (await api.call("GET", ME, headers=bearer)).json["code"] == "AUTH_REQUIRED"
    swapped = await client.refresh(client.tokens["access_token"][:200])
    assert swapped.json["code"] == "AUTH_SESSION_EXPIRED"


def test_the_network_of_an_address_is_what_one_customer_has() -> None:
    spoken = {
        "203.0.113.7": "203.0.113.0/24",
        "2001:db8:1:2ff::1": "2001:db8:1:200::/56",
        "::ffff:203.0.113.7": "203.0.113.0/24",
        None: "0.0.0.0/0",
    }

    assert {address: str(Origin(address).network) for address in spoken} == spoken


def test_the_wait_grows_and_stays_bearable() -> None:
    waits = [ONE_NETWORK.wait_after(n).total_seconds() for n in (1, 7, 8, 9, 12, 18, 500)]

    assert waits == [0, 0, 1, 2, 16, 900, 900]
    assert ONE_NETWORK.longest == timedelta(minutes=15)


async def test_passwords_are_taken_with_their_blanks(api: Running, sql: Any) -> None:
    client = await (await account(sql)).signed_in(api)
    body = {"current_password": PASSWORD, "new_password": f"  {NEW_PASSWORD} "}
    assert (await client.call("POST", f"{ME}/password", json=body)).status == 204
    ada = Account(DEFAULT_WORKSPACE, "ada@example.com")

    assert (await ada.log_in(api, password=NEW_PASSWORD)).status == 401
    assert (await ada.log_in(api, password=f"  {NEW_PASSWORD} ")).status == 200


async def test_an_attackers_text_in_any_field_is_only_text(api: Running, sql: Any) -> None:
    await account(sql)
    for text in ("' OR 1=1 --", "ada@example.com'--@x.org", "\\", "%00", "admin'/*"):
        answer = await api.call(
            "POST",
            f"{AUTH}/login",
            json={"email": f"{text}", "password": text},
            headers={"Authorization": ""},
        )
        assert answer.status in {401, 422}
