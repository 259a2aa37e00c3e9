"""Mailboxes are looked into over real IMAP: mails of known contacts become activities, each once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.integration.application import Running, running, settings_for
from tests.integration.mail.imap_server import PASSWORD, USER, IMAPServer, imap_server
from tests.integration.mail.post_office import server_context
from tests.integration.people import person
from tests.integration.servers import Postgres, free_port

from hastecrm.core.database import Database
from hastecrm.core.identity import Role
from hastecrm.core.outbound import Outbound
from hastecrm.core.scope import Scope
from hastecrm.core.sealing import Sealer
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.mailboxes.domain import Place, place_of
from hastecrm.features.mailboxes.imap import Mailbox, trusting
from hastecrm.features.mailboxes.polling import LookForMail

ACCOUNTS, CONTACTS, ACTIVITIES = "/api/v1/mail-accounts", "/api/v1/contacts", "/api/v1/activities"
NEW_KEY = "another-key-of-32-characters-or-more----"
HERE = {"HASTECRM_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def imap() -> Iterator[IMAPServer]:
    with imap_server() as server:
        yield server


@dataclass
class Office:
    """An API and a worker that looks into mailboxes."""

    api: Running
    sql: Any
    imap: IMAPServer

    async def made(self, path: str, **values: Any) -> Any:
        answer = await self.api.call("POST", path, json=values)
        assert answer.status == 201, answer.text
        return answer.json

    async def account(self, **values: Any) -> Any:
        at = {"host": "127.0.0.1", "port": self.imap.port, "username": USER}
        return await self.made(ACCOUNTS, name="Sales", **{**at, **values})

    async def visit(self, account: Any, password: str = PASSWORD) -> Any:
        """Give the password, which has the mailbox looked into; return the account afterwards."""
        path = f"{ACCOUNTS}/{account['id']}"
        answer = await self.api.call("PUT", f"{path}/password", json={"password": password})
        assert answer.status == 204, answer.text
        async with asyncio.timeout(60):
            while await self.sql.fetchval("SELECT count(*) FROM jobs WHERE kind = 'poll_mail_account'"):
                await asyncio.sleep(0.05)
        return (await self.api.call("GET", path)).json

    async def activities(self) -> list[Any]:
        return list((await self.api.call("GET", f"{ACTIVITIES}?order_by=occurred_at")).json["items"])


@asynccontextmanager
async def office(postgres: Postgres, sql: Any, imap: IMAPServer, **more: str) -> AsyncIterator[Office]:
    database = await sql.fetchval("SELECT current_database()")
    trusted = {"HASTECRM_MAIL_CA_FILE": imap.ca_file}
    settings = {**postgres.environment(database), **trusted, **HERE, **more}
    async with running("api", settings) as api, running("worker", settings):
        yield Office(api, sql, imap)


def mail(sender: str, to: str = USER, number: int = 1, **headers: str) -> str:
    lines = {"From": sender, "To": to, "Subject": f"Number {number}", "Message-ID": f"<{number}@example.com>"}
    head = {**lines, "Date": f"Mon, 02 Nov 2026 10:{number % 60:02}:00 +0000", **headers}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()) + f"\r\nText {number}\r\n"


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
async def test_a_mail_of_a_contact_becomes_an_activity(
    postgres: Postgres, own_sql: Any, imap: IMAPServer, encryption: str
) -> None:
    async with office(postgres, own_sql, imap) as crm:
        ada = await crm.made(CONTACTS, first_name="Ada", email="ada@example.com")
        account = await crm.account(encryption=encryption, port=getattr(imap, _port(encryption)))
        await imap.deliver(mail("Ada <ada@example.com>"), mail("eve@example.com", number=2))
        after = await crm.visit(account)
        found = await crm.activities()

    [activity] = found
    assert (after["error"], after["has_password"]) == (None, True)
    assert (activity["contact_id"], activity["owner_id"]) == (ada["id"], ada["owner_id"])
    assert (activity["type"], activity["title"], activity["description"]) == ("email", "Number 1", "Text 1")
    assert (activity["direction"], activity["mail_status"]) == ("incoming", "received")
    assert (activity["message_id"], activity["thread_id"]) == ("<1@example.com>", "<1@example.com>")
    assert activity["occurred_at"].startswith("2026-11-02T10:01:00")


def _port(encryption: str) -> str:
    return "port" if encryption == "tls" else "plain"


async def test_each_mail_is_taken_once_also_when_the_server_counts_anew(
    postgres: Postgres, own_sql: Any, imap: IMAPServer
) -> None:
    async with office(postgres, own_sql, imap) as crm:
        await crm.made(CONTACTS, first_name="Ada", email="Ada@Example.com")
        account = await crm.account(folder="Sales")
        await imap.deliver(mail("ada@example.com"), folder="Sales")
        await crm.visit(account)
        await crm.visit(account)
        counted = await own_sql.fetchval("SELECT uid_validity FROM mail_accounts")
        await imap.remove("Sales")
        await imap.deliver(mail("ada@example.com"), mail("ada@example.com", number=2), folder="Sales")
        await crm.visit(account)
        found = await crm.activities()
        anew = await own_sql.fetchval("SELECT uid_validity FROM mail_accounts")

    assert counted != anew
    assert [activity["title"] for activity in found] == ["Number 1", "Number 2"]


async def test_a_mail_in_two_mailboxes_is_one_activity(
    postgres: Postgres, own_sql: Any, imap: IMAPServer
) -> None:
    async with office(postgres, own_sql, imap) as crm:
        await crm.made(CONTACTS, first_name="Ada", email="ada@example.com")
        await imap.deliver(mail("ada@example.com"))
        for _ in range(2):
            await crm.visit(await crm.account())
        found = await crm.activities()

    assert len(found) == 1


async def test_what_a_member_writes_is_told_of_everyone_who_got_it(
    postgres: Postgres, own_sql: Any, imap: IMAPServer
) -> None:
    async with office(postgres, own_sql, imap) as crm:
        ann = await person(own_sql, "Ann")
        people = [
            await crm.made(CONTACTS, first_name=name, email=f"{name}@example.org") for name in ("ada", "bob")
        ]
        account = await crm.account(member_id=str(ann.id))
        answer = mail(ann.email, to="ada@example.org, bob@example.org, x@example.org")
        await imap.deliver(answer.replace("Subject", "References: <0@example.com>\r\nSubject"))
        await crm.visit(account)
        found = await crm.activities()

    assert {activity["contact_id"] for activity in found} == {contact["id"] for contact in people}
    assert {activity["direction"] for activity in found} == {"outgoing"}
    assert {activity["thread_id"] for activity in found} == {"<0@example.com>"}
    assert {activity["owner_id"] for activity in found} == {str(ann.id)}


async def test_a_refused_password_is_told_without_it_and_tried_more_rarely(
    postgres: Postgres, own_sql: Any, imap: IMAPServer
) -> None:
    async with office(postgres, own_sql, imap) as crm:
        account = await crm.account()
        after = await crm.visit(account, "not-the-imap-password")
        row = await own_sql.fetchrow("SELECT failures, next_at > now() + '6 min' AS later FROM mail_accounts")
        told = await own_sql.fetchval("SELECT string_agg(a::text, '') FROM audit_log AS a")

    assert after["error"] == "the server refuses the user name or the password"
    assert dict(row) == {"failures": 1, "later": True}
    assert "not-the-imap-password" not in told


async def test_a_server_on_a_private_network_is_refused_unless_it_is_allowed(
    postgres: Postgres, own_sql: Any, imap: IMAPServer
) -> None:
    async with office(postgres, own_sql, imap, HASTECRM_OUTBOUND_ALLOWED_NETWORKS="") as crm:
        after = await crm.visit(await crm.account())

    assert "may not be called" in after["error"]
    assert "Login" not in (imap.folder / "log").read_text()


async def test_a_server_that_cannot_prove_its_name_gets_no_password(
    postgres: Postgres, own_sql: Any, imap: IMAPServer, tmp_path: Path
) -> None:
    server_context(tmp_path)
    other = str(tmp_path / "certificate.pem")
    async with office(postgres, own_sql, imap, HASTECRM_MAIL_CA_FILE=other) as crm:
        after = await crm.visit(await crm.account())

    assert "certificate" in after["error"].lower()
    assert "Login" not in (imap.folder / "log").read_text()


async def test_a_server_that_is_away_is_told(postgres: Postgres, own_sql: Any, imap: IMAPServer) -> None:
    async with office(postgres, own_sql, imap) as crm:
        after = await crm.visit(await crm.account(port=free_port()))

    assert after["error"].startswith("the server cannot be reached")


@pytest.mark.parametrize(
    "change", [{"host": "127.0.0.2"}, {"port": 1}, {"username": "eve"}, {"encryption": "starttls"}]
)
async def test_a_password_follows_its_account_to_no_other_server(
    api: Running, sql: Any, change: dict[str, Any]
) -> None:
    values = {"name": "Sales", "host": "127.0.0.1", "username": USER}
    made = (await api.call("POST", ACCOUNTS, json=values)).json
    path = f"{ACCOUNTS}/{made['id']}"
    await api.call("PUT", f"{path}/password", json={"password": PASSWORD})
    kept = await api.call("PATCH", path, json={"name": "Other"})
    moved = await api.call("PATCH", path, json=change)

    assert (kept.json["has_password"], moved.json["has_password"]) == (True, False)
    assert await sql.fetchval("SELECT password FROM mail_accounts") is None


async def test_the_database_shows_mailboxes_to_those_only_who_run_the_workspace(
    postgres: Postgres, own_sql: Any
) -> None:
    name = await own_sql.fetchval("SELECT current_database()")
    await own_sql.execute(
        "INSERT INTO mail_accounts (id, workspace_id, name, host, username) "
        "VALUES (gen_random_uuid(), $1, 'Sales', 'imap.example.com', 'sales')",
        DEFAULT_WORKSPACE,
    )
    store = Database.of(settings_for("api", postgres.environment(name))[0], "api")
    await store.open()
    shown = {}
    for role in Role:
        async with store.connection(Scope(DEFAULT_WORKSPACE, None, role)) as connection:
            shown[role] = await connection.fetchval("SELECT count(*) FROM mail_accounts")
    await store.close()

    assert shown == {Role.OWNER: 1, Role.ADMIN: 1, Role.MEMBER: 0, Role.VIEWER: 0}


async def test_passwords_lie_sealed_and_outlive_the_key(postgres: Postgres, own_sql: Any) -> None:
    database = await own_sql.fetchval("SELECT current_database()")
    settings = postgres.environment(database)
    async with running("api", settings) as api:
        values = {"name": "Sales", "host": "imap.example.com", "username": USER}
        made = (await api.call("POST", ACCOUNTS, json=values)).json
        await api.call("PUT", f"{ACCOUNTS}/{made['id']}/password", json={"password": PASSWORD})
        shown = (await api.call("GET", f"{ACCOUNTS}/{made['id']}")).text
    old = settings_for("api", settings)[0].secret_key
    assert old is not None
    keys = {"HASTECRM_SECRET_KEY": NEW_KEY, "HASTECRM_SECRET_KEY_PREVIOUS": old.get_secret_value()}
    sealer = Sealer.of(settings_for("api", {**settings, **keys})[0])
    before = await own_sql.fetchval("SELECT password FROM mail_accounts")
    await LookForMail(sealer)(own_sql)
    after = await own_sql.fetchval("SELECT password FROM mail_accounts")

    assert PASSWORD not in shown
    assert PASSWORD.encode() not in before
    assert (sealer.is_current(before), sealer.is_current(after)) == (False, True)
    assert sealer.open(after, place_of(made["id"])).decode() == PASSWORD


async def test_a_folder_is_read_in_portions_to_its_end(imap: IMAPServer) -> None:
    await imap.deliver(*(mail("ada@example.com", number=number) for number in range(1, 8)))
    connected = await Outbound(settings_for("worker", {**HERE, "HASTECRM_DATABASE_HOST": "localhost"})[0]
                               .outbound_allowed_networks).connect("127.0.0.1", imap.port)  # fmt: skip

    def read() -> list[list[int]]:
        mailbox = Mailbox(connected, "127.0.0.1", trusting(imap.ca_file), "tls")
        mailbox.sign_in(USER, PASSWORD)
        place, portions, more = Place(None, None), [], True
        while more:
            found = mailbox.look("INBOX", place, date(2020, 1, 1), 3)
            place, more = found.place, found.more
            portions.append(list(mailbox.headers(found.uids)))
        mailbox.leave()
        return portions

    assert await asyncio.to_thread(read) == [[1, 2, 3], [4, 5, 6], [7]]
