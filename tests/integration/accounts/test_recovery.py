"""Back in by mail: links that work once, and answers that tell strangers nothing."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.accounts.clients import AUTH, ME, NEW_PASSWORD, Account, account, actions
from tests.integration.application import Answer, Running, running
from tests.integration.mail.post_office import PostOffice, environment, post_office
from tests.integration.servers import Postgres

LINK = re.compile(r"https://crm\.example\.com/([a-z-]+)\?token=(\S+)")
NOT_LATELY = "UPDATE account_tickets SET created_at = created_at - interval '2 minutes'"


@dataclass
class Town:
    """An API, a worker and a post office that belong together."""

    api: Running
    office: PostOffice
    sql: Any

    async def post(self, path: str, **body: str) -> Answer:
        """Send a request as nobody in particular."""
        return await self.api.call("POST", f"{AUTH}/{path}", json=body, headers={"Authorization": ""})

    async def token(self, letters: int, page: str) -> str:
        """Return the token in the latest of so many letters."""
        await self.office.until(letters)
        match = LINK.search(self.office.letters[letters - 1].get_content())
        assert match is not None
        assert match[1] == page
        return match[2]

    async def forgotten(self, someone: Account) -> str:
        """Ask for a link and return its token."""
        assert (await self.post("password/forgot", email=someone.email)).status == 202
        return await self.token(len(self.office.letters) + 1, "reset-password")


@pytest.fixture
async def town(postgres: Postgres, own_database: str, own_sql: Any, tmp_path: Path) -> AsyncIterator[Town]:
    async with post_office(tmp_path) as office:
        settings = {**postgres.environment(own_database), **environment(office, tmp_path)}
        async with running("api", settings) as api, running("worker", settings):
            yield Town(api, office, own_sql)


async def test_a_forgotten_password_is_set_anew_and_every_session_ends(town: Town) -> None:
    ada = await account(town.sql)
    client = await ada.signed_in(town.api)
    token = await town.forgotten(ada)

    assert (await town.post("password/reset", token=token, password=NEW_PASSWORD)).status == 204
    assert (await client.call("GET", ME)).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await client.refresh()).json["code"] == "AUTH_SESSION_EXPIRED"
    assert (await ada.log_in(town.api)).status == 401
    assert (await ada.log_in(town.api, password=NEW_PASSWORD)).status == 200
    await town.office.until(2)
    assert town.office.letters[1]["Subject"] == "Your password was changed"
    assert NEW_PASSWORD not in town.office.letters[1].get_content()
    assert "user.password_reset" in await actions(town.sql)


async def test_strangers_learn_nothing_about_addresses(town: Town) -> None:
    ada = await account(town.sql)
    known = await town.post("password/forgot", email=ada.email)
    unknown = await town.post("password/forgot", email="nobody@example.com")
    await town.office.until(1)
    async with asyncio.timeout(10):
        while await town.sql.fetchval(
            "SELECT count(*) FROM jobs WHERE kind IN ('send_reset_link', 'send_mail')"
        ):
            await asyncio.sleep(0.02)

    assert (known.status, known.body) == (unknown.status, unknown.body) == (202, b"")
    assert [letter["To"] for letter in town.office.letters] == [ada.email]


async def test_a_link_works_once_even_when_used_in_parallel(town: Town) -> None:
    ada = await account(town.sql)
    token = await town.forgotten(ada)
    passwords = [f"{NEW_PASSWORD} number {n}" for n in range(5)]
    tries = [town.post("password/reset", token=token, password=password) for password in passwords]
    answers = await asyncio.gather(*tries)

    assert Counter(answer.status for answer in answers) == {204: 1, 422: 4}
    assert {answer.json["code"] for answer in answers if answer.status == 422} == {"AUTH_LINK_INVALID"}
    winner = passwords[[answer.status for answer in answers].index(204)]
    assert (await ada.log_in(town.api, password=winner)).status == 200


async def test_a_link_ends_after_its_time(town: Town) -> None:
    ada = await account(town.sql)
    token = await town.forgotten(ada)
    life = await town.sql.fetchval("SELECT expires_at - created_at FROM account_tickets")
    await town.sql.execute("UPDATE account_tickets SET expires_at = now() - interval '1 s'")

    assert life.total_seconds() == 30 * 60
    answer = await town.post("password/reset", token=token, password=NEW_PASSWORD)
    assert answer.json["code"] == "AUTH_LINK_INVALID"


async def test_a_new_link_makes_the_old_one_worth_nothing(town: Town) -> None:
    ada = await account(town.sql)
    old = await town.forgotten(ada)
    await town.sql.execute(NOT_LATELY)
    new = await town.forgotten(ada)

    assert (await town.post("password/reset", token=old, password=NEW_PASSWORD)).status == 422
    assert (await town.post("password/reset", token=new, password=NEW_PASSWORD)).status == 204


async def test_nobodys_inbox_can_be_filled(town: Town) -> None:
    ada, ben = await account(town.sql, "Ada"), await account(town.sql, "Ben")
    await town.forgotten(ada)
    for _ in range(5):
        assert (await town.post("password/forgot", email=ada.email)).status == 202
    await town.forgotten(ben)

    assert [letter["To"] for letter in town.office.letters] == [ada.email, ben.email]


async def test_a_weak_password_does_not_use_the_link_up(town: Town) -> None:
    ada = await account(town.sql)
    token = await town.forgotten(ada)
    weak = await town.post("password/reset", token=token, password="ada@example.com")
    short = await town.post("password/reset", token=token, password="short")

    assert weak.json["errors"][0]["pointer"] == short.json["errors"][0]["pointer"] == "/password"
    assert "12 characters" in short.json["detail"]
    assert (await town.post("password/reset", token=token, password=NEW_PASSWORD)).status == 204


async def test_only_hashes_of_links_are_stored(town: Town) -> None:
    token = await town.forgotten(await account(town.sql))

    assert token not in str(await town.sql.fetch("SELECT * FROM account_tickets"))


async def test_a_link_for_one_thing_is_worth_nothing_for_another(town: Town) -> None:
    token = await town.forgotten(await account(town.sql))

    assert (await town.post("email/verify", token=token)).json["code"] == "AUTH_LINK_INVALID"


async def test_a_reset_takes_a_lock_away(town: Town) -> None:
    ada = await account(town.sql)
    for n in range(9):
        await ada.log_in(town.api, password=f"wrong password {n}")
    assert (await ada.log_in(town.api)).status == 429
    token = await town.forgotten(ada)
    await town.post("password/reset", token=token, password=NEW_PASSWORD)

    assert (await ada.log_in(town.api, password=NEW_PASSWORD)).status == 200


async def test_disabled_people_get_no_letter_and_no_way_in(town: Town) -> None:
    ada, eve = await account(town.sql, "Ada"), await account(town.sql, "Eve")
    token = await town.forgotten(eve)
    await town.sql.execute("UPDATE users SET disabled_at = now() WHERE id = $1", eve.id)
    await town.sql.execute(NOT_LATELY)

    assert (await town.post("password/reset", token=token, password=NEW_PASSWORD)).status == 422
    await town.post("password/forgot", email=eve.email)
    await town.forgotten(ada)
    assert [letter["To"] for letter in town.office.letters] == [eve.email, ada.email]


async def test_an_address_is_proven_by_its_link(town: Town) -> None:
    ada = await account(town.sql)
    await town.sql.execute("UPDATE users SET email_verified_at = NULL")
    client = await ada.signed_in(town.api)
    assert (await client.call("GET", ME)).json["email_verified"] is False
    assert (await client.call("POST", f"{ME}/email/verification")).status == 202
    token = await town.token(1, "verify-email")

    assert (await town.post("email/verify", token=token)).status == 204
    assert (await town.post("email/verify", token=token)).json["code"] == "AUTH_LINK_INVALID"
    assert (await client.call("GET", ME)).json["email_verified"] is True
    assert (await client.call("POST", f"{ME}/email/verification")).status == 202  # and nothing is sent
    assert await town.sql.fetchval("SELECT count(*) FROM account_tickets") == 0


async def test_an_old_link_does_not_prove_a_new_address(town: Town) -> None:
    ada = await account(town.sql)
    await town.sql.execute("UPDATE users SET email_verified_at = NULL")
    client = await ada.signed_in(town.api)
    await client.call("POST", f"{ME}/email/verification")
    token = await town.token(1, "verify-email")
    await town.sql.execute("UPDATE users SET email = 'other@example.com'")

    await town.post("email/verify", token=token)
    assert await town.sql.fetchval("SELECT email_verified_at FROM users") is None


async def test_where_it_is_demanded_nobody_gets_in_unproven(
    town: Town, postgres: Postgres, own_database: str, tmp_path: Path
) -> None:
    ada = await account(town.sql)
    await town.sql.execute("UPDATE users SET email_verified_at = NULL")
    strict = {
        **postgres.environment(own_database),
        **environment(town.office, tmp_path),
        "HASTECRM_EMAIL_VERIFICATION": "true",
    }
    async with running("api", strict) as api:
        wrong = await ada.log_in(api, password="wrong password here")
        refused = await ada.log_in(api)
        await town.post("email/verify", token=await town.token(1, "verify-email"))
        allowed = await ada.log_in(api)

    assert wrong.json["code"] == "AUTH_INVALID_CREDENTIALS"
    assert (refused.status, refused.json["code"]) == (403, "AUTH_EMAIL_NOT_VERIFIED")
    assert allowed.status == 200


async def test_without_a_mail_server_it_is_said_at_once(api: Running) -> None:
    answer = await api.call("POST", f"{AUTH}/password/forgot", json={"email": "ada@example.com"})

    assert (answer.status, answer.json["code"]) == (503, "SYS_MAIL_UNAVAILABLE")
    assert answer.json["retryable"] is False
