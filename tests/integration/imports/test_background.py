"""Imports in the background: sent, looked at, run by a worker, told row by row."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.application import Running, running
from tests.integration.people import person
from tests.integration.servers import Postgres

from hastecrm.core.identity import Role, Visibility

IMPORTS, CONTACTS = "/api/v1/imports", "/api/v1/contacts"
PEOPLE = "Vorname;Nachname;E-Mail;Ort\nAda;Lovelace;ada@example.com;London\nAlan;Turing;alan@example.com;\n"
COUNTS = ("created", "updated", "unchanged", "skipped", "refused")


@pytest.fixture
async def worker(postgres: Postgres, database: str) -> AsyncIterator[Running]:
    """A worker on the same database as the API."""
    async with running("worker", postgres.environment(database)) as program:
        yield program


async def made(api: Running, file: str | bytes, **values: Any) -> dict[str, Any]:
    """An import with its file."""
    answer = await api.call("POST", IMPORTS, json={"name": "People", "entity": "contact", **values})
    assert answer.status == 201, answer.text
    sent = await api.call("POST", f"{IMPORTS}/{answer.json['id']}/file", data=file)
    assert sent.status == 200, sent.text
    return dict(sent.json)


async def ended(api: Running, import_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (told := (await api.call("GET", f"{IMPORTS}/{import_id}")).json)["state"] in (
            "queued",
            "running",
        ):
            await asyncio.sleep(0.05)
    return dict(told)


async def run(api: Running, file: str | bytes, *, dry_run: bool = False, **values: Any) -> dict[str, Any]:
    """What came of an import."""
    new = await made(api, file, **values)
    answer = await api.call("POST", f"{IMPORTS}/{new['id']}/start", json={"dry_run": dry_run})
    assert answer.status == 202, answer.text
    return await ended(api, new["id"])


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told[name] for name in COUNTS)


async def listed(api: Running) -> list[dict[str, Any]]:
    return list((await api.call("GET", f"{CONTACTS}?order_by=last_name")).json["items"])


async def test_a_file_that_is_sent_tells_what_it_is(api: Running) -> None:
    told = await made(api, PEOPLE)

    assert told["state"] == "ready"
    assert (told["encoding"], told["delimiter"], told["total"]) == ("utf-8", ";", 2)
    assert told["columns"] == ["Vorname", "Nachname", "E-Mail", "Ort"]
    assert told["mapping"] == ["first_name", "last_name", "email", "city"]


async def test_rows_become_records_and_the_same_file_again_changes_nothing(
    api: Running, worker: Running
) -> None:
    first, again = await run(api, PEOPLE), await run(api, PEOPLE)

    assert (first["state"], counts(first), counts(again)) == ("done", (2, 0, 0, 0, 0), (0, 0, 2, 0, 0))
    assert (first["done"], first["total"], first["problem"]) == (2, 2, None)
    ada, alan = await listed(api)
    assert (ada["first_name"], ada["email"], ada["city"]) == ("Ada", "ada@example.com", "London")
    assert (alan["city"], alan["version"]) == (None, 1)
    done = (await api.call("GET", f"{CONTACTS}/{ada['id']}/history")).json["items"]
    assert [each["action"] for each in done] == ["contact.created"]


async def test_what_changes_is_in_the_history_of_the_record(api: Running, worker: Running) -> None:
    await run(api, PEOPLE)
    told = await run(api, PEOPLE.replace("London", "Paris"))

    assert counts(told) == (0, 1, 1, 0, 0)
    ada, _alan = await listed(api)
    assert (ada["city"], ada["version"]) == ("Paris", 2)
    done = (await api.call("GET", f"{CONTACTS}/{ada['id']}/history")).json["items"]
    assert done[0]["changes"] == {"city": {"old": "London", "new": "Paris"}}


async def test_a_dry_run_counts_and_changes_nothing_and_can_then_be_started(
    api: Running, worker: Running
) -> None:
    told = await run(api, PEOPLE, dry_run=True)

    assert (told["state"], told["dry_run"], counts(told)) == ("checked", True, (2, 0, 0, 0, 0))
    assert await listed(api) == []
    await api.call("POST", f"{IMPORTS}/{told['id']}/start", json={})
    assert counts(await ended(api, told["id"])) == (2, 0, 0, 0, 0)
    assert len(await listed(api)) == 2


async def test_wrong_rows_are_told_and_can_be_mended_and_sent_again(api: Running, worker: Running) -> None:
    csv = "first_name,email,note\nAda,ada@example.com,a\nBob,bob,b\n,c@example.com,c\nDan,,d,e\n"
    told = await run(api, csv)
    errors = await api.call("GET", f"{IMPORTS}/{told['id']}/errors")

    assert counts(told) == (1, 0, 0, 0, 3)
    head, bob, nameless, wide = errors.text.splitlines()
    assert head == "first_name,email,note,import_row,import_column,import_value,import_problem"
    assert bob.startswith("Bob,bob,b,3,email,bob,email: must be an e-mail address")
    assert nameless.startswith(",c@example.com,c,4,first_name,,")
    assert wide.endswith('5,,,"The row has 4 cells, the header has 3."')
    mended = "\n".join([head, bob.replace("bob,b", "bob@example.com,b", 1)])
    assert counts(await run(api, mended)) == (1, 0, 0, 0, 0)


async def test_the_mapping_can_be_changed_until_it_starts(api: Running, worker: Running) -> None:
    new = await made(api, "a,b\nAda,London\n")
    path = f"{IMPORTS}/{new['id']}"
    refused = await api.call("POST", f"{path}/start", json={})
    wrong = await api.call("PATCH", path, json={"mapping": ["first_name", "nothing"]})
    short = await api.call("PATCH", path, json={"mapping": ["first_name"]})
    changed = await api.call("PATCH", path, json={"mapping": ["first_name", "city"]})
    preview = await api.call("GET", f"{path}/preview")
    await api.call("POST", f"{path}/start", json={})
    await ended(api, new["id"])
    late = await api.call("PATCH", path, json={"mapping": ["city", "first_name"]})

    assert [each.status for each in (refused, wrong, short, changed, late)] == [422, 422, 422, 200, 409]
    assert preview.json["items"] == [
        {"row": 2, "values": {"first_name": "Ada", "city": "London"}, "errors": []}
    ]
    [ada] = await listed(api)
    assert (ada["first_name"], ada["city"]) == ("Ada", "London")


@pytest.mark.parametrize(
    ("file", "encoding"),
    [
        ("first_name\nJosé".encode(), "utf-8"),
        ("\ufefffirst_name\r\nJosé".encode(), "utf-8-sig"),
        ("first_name\nJosé\n".encode("cp1252"), "cp1252"),
        ("first_name\nJosé\n".encode("utf-16"), "utf-16"),
        ("first_name\nJosé\n".encode("utf-16-be"), "utf-16-be"),
    ],
)
async def test_letters_are_read_as_they_were_written(
    api: Running, worker: Running, file: bytes, encoding: str
) -> None:
    told = await run(api, file)

    assert (told["encoding"], told["columns"], counts(told)) == (encoding, ["first_name"], (1, 0, 0, 0, 0))
    assert [each["first_name"] for each in await listed(api)] == ["José"]


@pytest.mark.parametrize(
    ("file", "status"), [(b"", 422), (b"\n\n", 422), (b",".join([b"a"] * 1000), 422), (b"\x7fELF", 422)]
)
async def test_what_is_no_table_is_refused(api: Running, file: bytes, status: int) -> None:
    new = await api.call("POST", IMPORTS, json={"name": "People", "entity": "contact"})
    sent = await api.call("POST", f"{IMPORTS}/{new.json['id']}/file", data=file)

    assert sent.status == status, sent.text


async def test_odd_rows_are_refused_one_by_one(api: Running, worker: Running) -> None:
    odd = (
        "first_name,email\n=1+1,a@example.com\nA\x00B,b@example.com\nC,C@x.zz,,,,\n"
        + "x" * 200_000
        + "\nD,\n"
    )
    told = await run(api, odd)

    assert (told["state"], counts(told)) == ("done", (3, 0, 0, 0, 2))


async def test_the_second_row_of_the_same_person_changes_what_the_first_made(
    api: Running, worker: Running
) -> None:
    told = await run(api, "first_name,email\nAda,ada@example.com\nAda L.,ADA@example.com\n")

    assert counts(told) == (1, 1, 0, 0, 0)
    assert [each["first_name"] for each in await listed(api)] == ["Ada L."]


async def test_an_import_without_a_worker_can_be_cancelled_and_started_again(
    postgres: Postgres, api: Running, database: str
) -> None:
    new = await made(api, PEOPLE)
    path = f"{IMPORTS}/{new['id']}"
    await api.call("POST", f"{path}/start", json={})
    cancelled = await api.call("POST", f"{path}/cancel")
    again = await api.call("POST", f"{path}/cancel")
    started = await api.call("POST", f"{path}/start", json={})
    async with running("worker", postgres.environment(database)):
        told = await ended(api, new["id"])

    assert (cancelled.json["state"], again.status, started.status) == ("cancelled", 409, 202)
    assert (told["state"], counts(told)) == ("done", (2, 0, 0, 0, 0))


async def test_an_import_goes_on_where_a_killed_worker_left_it(
    postgres: Postgres, api: Running, database: str, sql: Any
) -> None:
    """Its state is what a worker leaves behind that was killed after the first row."""
    new = await made(api, "first_name\nAda\nAlan\nGrace\n")
    await api.call("POST", f"{IMPORTS}/{new['id']}/start", json={})
    await sql.execute("UPDATE imports SET state = 'running', done = 1, created = 1")
    async with running("worker", postgres.environment(database)):
        told = await ended(api, new["id"])

    assert (told["done"], counts(told)) == (3, (3, 0, 0, 0, 0))
    assert sorted(each["first_name"] for each in await listed(api)) == ["Alan", "Grace"]


async def test_who_sees_only_their_own_cannot_change_others_by_an_import(
    api: Running, worker: Running, sql: Any
) -> None:
    await api.call("POST", CONTACTS, json={"first_name": "Ada", "email": "ada@example.com"})
    ann = await person(sql, "Ann", role=Role.MEMBER, visibility=Visibility.OWN)
    new = await ann.call(api, "POST", IMPORTS, json={"name": "Mine", "entity": "contact"})
    path = f"{IMPORTS}/{new.json['id']}"
    await ann.call(api, "POST", f"{path}/file", data=PEOPLE)
    await ann.call(api, "POST", f"{path}/start", json={})
    told = await ended(api, new.json["id"])
    errors = await ann.call(api, "GET", f"{path}/errors")

    assert counts(told) == (1, 0, 0, 0, 1)
    assert "is already used by another contact" in errors.text
    assert [each["owner_id"] for each in await listed(api)] == [None, str(ann.id)]


async def test_who_left_the_workspace_imports_nothing_more(
    postgres: Postgres, api: Running, database: str, sql: Any
) -> None:
    ann = await person(sql, "Ann")
    new = await ann.call(api, "POST", IMPORTS, json={"name": "Mine", "entity": "contact"})
    path = f"{IMPORTS}/{new.json['id']}"
    await ann.call(api, "POST", f"{path}/file", data=PEOPLE)
    await ann.call(api, "POST", f"{path}/start", json={})
    await sql.execute("DELETE FROM memberships WHERE user_id = $1", ann.id)
    async with running("worker", postgres.environment(database)):
        told = await ended(api, new.json["id"])

    assert (told["state"], await listed(api)) == ("failed", [])
    assert "no member" in told["problem"]


async def test_custom_fields_take_what_their_type_says(api: Running, worker: Running) -> None:
    field = {"entity": "contact", "key": "budget", "label": "Budget", "type": "number"}
    await api.call("POST", "/api/v1/custom-fields", json=field)
    new = await made(api, "first_name,Budget\nAda,12.5\nBob,much\n")
    path = f"{IMPORTS}/{new['id']}"
    await api.call("PATCH", path, json={"mapping": ["first_name", "custom.budget"]})
    await api.call("POST", f"{path}/start", json={})
    told = await ended(api, new["id"])

    assert counts(told) == (1, 0, 0, 0, 1)
    assert [each["custom"] for each in await listed(api)] == [{"budget": 12.5}]


async def test_graphql_does_the_same(api: Running, worker: Running) -> None:
    new = await made(api, PEOPLE)
    text = """query($id: UUID!) {importPreview(id: $id, limit: 1) {row values errors {field detail}}}"""
    variables = {"id": new["id"]}
    shown = await api.call("POST", "/graphql", json={"query": text, "variables": variables})
    start = "mutation($id: UUID!) {startImport(id: $id) {state dryRun}}"
    started = await api.call("POST", "/graphql", json={"query": start, "variables": variables})
    await ended(api, new["id"])
    asked = "query($id: UUID!) {import(id: $id) {state created mapping} importErrors(id: $id)}"
    told = await api.call("POST", "/graphql", json={"query": asked, "variables": variables})

    assert shown.json["data"]["importPreview"][0]["values"]["city"] == "London"
    assert started.json["data"]["startImport"] == {"state": "queued", "dryRun": False}
    assert told.json["data"]["import"]["created"] == 2
    assert told.json["data"]["importErrors"] == []
