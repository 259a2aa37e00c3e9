"""Sessions: kept alive by refresh tokens, listed, ended; and a stolen token ends them."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.accounts.clients import AUTH, ME, Client, account, actions
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres

PAST_GRACE = "UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL"


@pytest.fixture
async def ada(api: Running, sql: Any) -> Client:
    return await (await account(sql)).signed_in(api, headers={"User-Agent": "Adas laptop\t"})


async def test_each_refresh_gives_new_tokens_for_the_same_session(ada: Client, sql: Any) -> None:
    next_one = await (await ada.refreshed()).refreshed()

    assert len({each.tokens["refresh_token"] for each in (ada, next_one)}) == 2
    assert (await next_one.call("GET", ME)).status == 200
    assert await sql.fetchval("SELECT count(*) FROM sessions") == 1


async def test_only_hashes_of_tokens_are_stored(ada: Client, sql: Any) -> None:
    dump = str(await sql.fetch("SELECT * FROM refresh_tokens")) + str(
        await sql.fetch("SELECT * FROM sessions")
    )

    assert ada.tokens["refresh_token"] not in dump
    assert len(ada.tokens["refresh_token"]) == 43  # 256 bits


async def test_tabs_that_refresh_at_once_get_the_same_tokens_and_go_on(ada: Client, sql: Any) -> None:
    answers = await asyncio.gather(*(ada.refresh() for _ in range(8)))

    assert Counter(answer.status for answer in answers) == {200: 8}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert await sql.fetchval("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL") == 1
    assert (await Client(ada.api, answers[0].json).refresh()).status == 200


async def test_a_tab_that_is_late_gets_the_newest_token_of_the_family(ada: Client) -> None:
    third = await (await ada.refreshed()).refreshed()

    assert (await ada.refresh()).json["refresh_token"] == third.tokens["refresh_token"]


async def test_a_used_token_that_comes_back_ends_the_session_for_thief_and_owner(
    ada: Client, sql: Any
) -> None:
    owner = await ada.refreshed()
    await sql.execute(PAST_GRACE)
    thief = await ada.refresh()

    assert (thief.status, thief.json["code"]) == (401, "AUTH_SESSION_EXPIRED")
    assert (await owner.refresh()).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await owner.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await actions(sql))[-1] == "session.ended"
    assert await sql.fetchval("SELECT changes->>'why' FROM audit_log ORDER BY id DESC LIMIT 1") == (
        "refresh token reused"
    )


async def test_other_sessions_survive_a_theft(ada: Client, api: Running, sql: Any) -> None:
    other = await account(sql, "Ben")
    ben = await other.signed_in(api)
    await ada.refreshed()
    await sql.execute(PAST_GRACE)
    await ada.refresh()

    assert (await ben.call("GET", ME)).status == 200
    assert (await ben.refresh()).status == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 200, "' OR true --", "\ud800"])
async def test_an_unknown_token_opens_nothing(api: Running, token: str) -> None:
    answer = await api.call(
        "POST", f"{AUTH}/refresh", json={"refresh_token": token}, headers={"Authorization": ""}
    )

    assert answer.status in {400, 401, 422}
    assert answer.json["code"] != "SYS_UNEXPECTED"


@pytest.mark.parametrize(
    "change",
    ["last_seen_at = now() - interval '7 days 1 s'", "expires_at = now() - interval '1 s'"],
    ids=["idle", "too old"],
)
async def test_a_session_ends_by_itself(ada: Client, sql: Any, change: str) -> None:
    await sql.execute(f"UPDATE sessions SET {change}")  # noqa: S608

    assert (await ada.refresh()).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await ada.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await (await account(sql, "Ben")).signed_in(ada.api)).tokens["access_token"]


async def test_a_refresh_moves_the_idle_end_and_never_the_absolute_one(ada: Client, sql: Any) -> None:
    await sql.execute("UPDATE sessions SET last_seen_at = now() - interval '6 days'")
    end = await sql.fetchval("SELECT expires_at FROM sessions")
    await ada.refreshed()

    assert await sql.fetchval("SELECT now() - last_seen_at < interval '1 minute' FROM sessions")
    assert await sql.fetchval("SELECT expires_at FROM sessions") == end


async def test_a_disabled_account_is_out_at_once_on_every_way(ada: Client, sql: Any) -> None:
    await sql.execute("UPDATE users SET disabled_at = now()")

    assert (await ada.refresh()).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await ada.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"


async def test_signing_out_ends_the_session_in_the_same_process_at_once(ada: Client) -> None:
    assert (await ada.call("GET", ME)).status == 200
    assert (await ada.call("POST", f"{AUTH}/logout")).status == 204

    assert (await ada.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await ada.refresh()).json["code"] == "AUTH_SESSION_EXPIRED"


async def test_an_end_counts_in_other_processes_within_seconds(
    ada: Client, postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.main.accounts.REMEMBERED_SECONDS", 0.3)
    async with running("api", postgres.environment(database)) as other:
        elsewhere = Client(other, ada.tokens)
        assert (await elsewhere.call("GET", ME)).status == 200
        await ada.call("POST", f"{AUTH}/logout")

        async with asyncio.timeout(5):
            while (await elsewhere.call("GET", CONTACTS)).status == 200:
                await asyncio.sleep(0.05)


async def test_sessions_are_listed_with_what_people_recognise(ada: Client, api: Running, sql: Any) -> None:
    listed = await ada.sessions()

    assert len(listed) == 1
    assert set(listed[0]) == {"id", "device", "address", "created_at", "last_seen_at", "current"}
    assert (listed[0]["device"], listed[0]["address"]) == ("Adas laptop", "127.0.0.1")
    assert listed[0]["current"] is True


async def test_one_session_can_be_ended_from_another(ada: Client, api: Running, sql: Any) -> None:
    phone = Client(api, (await _again(api)).tokens)
    (laptop,) = [each["id"] for each in await phone.sessions() if not each["current"]]

    assert (await phone.call("DELETE", f"{ME}/sessions/{laptop}")).status == 204
    assert (await phone.call("DELETE", f"{ME}/sessions/{laptop}")).status == 404
    assert (await ada.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert [each["current"] for each in await phone.sessions()] == [True]


async def _again(api: Running) -> Client:
    from tests.integration.accounts.clients import Account  # noqa: PLC0415

    return await Account(uuid4(), "ada@example.com").signed_in(api)


async def test_nobody_can_end_or_even_see_the_session_of_another(ada: Client, api: Running, sql: Any) -> None:
    eve = await (await account(sql, "Eve", role="owner")).signed_in(api)
    (adas,) = [each["id"] for each in await ada.sessions()]

    answers = [await eve.call("DELETE", f"{ME}/sessions/{each}") for each in (adas, uuid4(), "x")]

    assert [answer.json["code"] for answer in answers] == ["BIZ_NOT_FOUND"] * 3
    assert len({answer.json["detail"] for answer in answers}) == 1
    assert adas not in {each["id"] for each in await eve.sessions()}
    assert (await ada.call("GET", ME)).status == 200


async def test_all_other_sessions_can_be_ended(ada: Client, api: Running, sql: Any) -> None:
    phones = [await _again(api) for _ in range(3)]
    ended = await ada.call("DELETE", f"{ME}/sessions")

    assert ended.json == {"ended": 3}
    assert (await ada.call("GET", ME)).status == 200
    assert {(await phone.call("GET", ME)).json["code"] for phone in phones} == {"AUTH_SESSION_EXPIRED"}


async def test_the_installations_token_is_no_person(api: Running) -> None:
    asked = [
        ("GET", ME),
        ("PATCH", ME),
        ("GET", f"{ME}/sessions"),
        ("DELETE", f"{ME}/sessions"),
        ("DELETE", f"{ME}/sessions/{uuid4()}"),
        ("POST", f"{AUTH}/logout"),
        ("POST", f"{ME}/password"),
        ("POST", f"{ME}/email/verification"),
    ]
    answers = [await api.call(method, path, json={}) for method, path in asked]

    assert {answer.json["code"] for answer in answers} == {"AUTH_FORBIDDEN"}


async def test_a_session_goes_on_in_the_workspace_of_the_last_one(
    ada: Client, api: Running, sql: Any
) -> None:
    other = uuid4()
    await sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Second')", other)
    await sql.execute(
        "INSERT INTO memberships (workspace_id, user_id, role) SELECT $1, id, 'owner' FROM users", other
    )
    await sql.execute("UPDATE sessions SET workspace_id = $1", other)
    there = await _again(api)
    await sql.execute("DELETE FROM memberships WHERE workspace_id = $1", other)
    here = await _again(api)
    await sql.execute("DELETE FROM workspaces WHERE id = $1", other)

    assert there.tokens["workspace"] == str(other)
    assert here.tokens["workspace"] != str(other)


async def test_someone_without_a_workspace_can_sign_in_and_sees_nothing(api: Running, sql: Any) -> None:
    stray = await (await account(sql, "Stray", role=None)).signed_in(api)

    assert (stray.tokens["workspace"], stray.tokens["workspaces"]) == (None, [])
    assert (await stray.call("GET", CONTACTS)).json["code"] == "AUTH_NOT_IN_WORKSPACE"
    assert (await stray.call("GET", ME)).status == 200


async def test_while_keys_are_exchanged_nobody_is_signed_out(
    ada: Client, postgres: Postgres, database: str
) -> None:
    from tests.integration.application import SECRET  # noqa: PLC0415

    keys = {
        "HASTECRM_SECRET_KEY": "the-next-key-of-32-characters-or-more",
        "HASTECRM_SECRET_KEY_PREVIOUS": SECRET,
    }
    used = ada.tokens["refresh_token"]
    after_refresh = await ada.refreshed()
    async with running("api", {**postgres.environment(database), **keys}) as renewed:
        assert (await Client(renewed, ada.tokens).call("GET", ME)).status == 200
        assert (await ada.refresh(used, renewed)).json["refresh_token"] == after_refresh.tokens[
            "refresh_token"
        ]
        new = Client(renewed, (await Client(renewed, after_refresh.tokens).refresh()).json)
        assert (await new.call("GET", ME)).status == 200
        assert (await Client(ada.api, new.tokens).call("GET", ME)).json["code"] == "AUTH_REQUIRED"
