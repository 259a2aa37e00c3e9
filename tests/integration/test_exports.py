"""Exports: whole, in order, of what one sees, safe in spreadsheets, and broken off where not whole."""

import asyncio
import csv
import io
import json
from typing import Any

import aiohttp
import pytest
from tests.integration.application import CONTACTS, TOKEN, Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility

EXPORT = "/api/v1/exports/contacts"
_MANY = """
INSERT INTO contacts (id, workspace_id, first_name, company)
SELECT gen_random_uuid(), id, repeat('x', 100), repeat('y', 200) FROM workspaces, generate_series(1, 60000)
"""
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()
"""


def begun(api: Running) -> Any:
    """Ask for a file, and take its beginning only."""
    return api.http.get(f"{api.url}{EXPORT}", headers={"Authorization": f"Bearer {TOKEN}"})


async def add(api: Running, **values: Any) -> Any:
    answer = await api.call("POST", CONTACTS, json={"first_name": "Ada", **values})
    assert answer.status == 201, answer.text
    return answer.json


async def rows(api: Running, query: str = "") -> list[dict[str, str]]:
    answer = await api.call("GET", f"{EXPORT}{query}")
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_a_file_has_every_record_in_the_order_and_the_choice_of_its_list(api: Running) -> None:
    for n in range(5):
        await add(api, last_name=f"L{n}", city="Graz" if n == 1 else "Wien")

    found = await rows(
        api, "?order_by=last_name%20desc&filter=city%20%3D%20%22Wien%22&columns=last_name,city"
    )
    answer = await api.call("GET", EXPORT)

    assert [list(each.items()) for each in found] == [
        [("last_name", f"L{n}"), ("city", "Wien")] for n in (4, 3, 2, 0)
    ]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="contacts-20')
    assert len(await rows(api)) == 5


async def test_fields_and_tags_of_the_workspace_have_their_words(api: Running) -> None:
    vip, hot = [
        (await api.call("POST", "/api/v1/tags", json={"name": name})).json["id"] for name in ("VIP", "Hot")
    ]
    for key, type_, options in (("tier", "multiselect", ["a", "b"]), ("budget", "number", [])):
        body = {"entity": "contact", "key": key, "label": key, "type": type_, "options": options}
        assert (await api.call("POST", "/api/v1/custom-fields", json=body)).status == 201
    made = await add(api, tags=[vip, hot], custom={"tier": ["a", "b"], "budget": -12.5})

    [row] = await rows(api)

    assert (row["tags"], row["custom.tier"], row["custom.budget"]) == ("Hot, VIP", "a, b", "-12.5")
    assert row["created_at"].replace("Z", "+00:00") == made["created_at"]


@pytest.mark.parametrize("evil", ["=1+1", "+SUM(A1)", "-2+cmd|'/c calc'!A0", "@x", "\t=1"])
async def test_a_spreadsheet_takes_nothing_for_a_formula(api: Running, evil: str) -> None:
    await add(api, title=f"{evil}", phone="+43 1 234567") if "\t" not in evil else await add(api, title="=x")

    [row] = await rows(api)

    assert row["title"].startswith("'")
    assert row["title"][1:].strip() in (evil, "=x")
    assert row["phone"] in ("+43 1 234567", "")


async def test_json_is_what_the_list_shows(api: Running) -> None:
    await add(api, last_name='A "quoted"\\ \n line'.replace("\n", " "), custom={})
    await add(api, last_name="ß,;")
    listed = (await api.call("GET", CONTACTS)).json["items"]

    array = json.loads((await api.call("GET", f"{EXPORT}?format=json")).text)
    lines = (await api.call("GET", f"{EXPORT}?format=ndjson")).text.splitlines()

    assert array == [json.loads(line) for line in lines] == listed
    none = "?filter=last_name%20%3D%20%22x%22&format="
    assert json.loads((await api.call("GET", f"{EXPORT}{none}json")).text) == []
    assert (await api.call("GET", f"{EXPORT}{none}ndjson")).text == ""


async def test_everyone_exports_what_they_see_and_it_is_on_record(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", visibility=Visibility.OWN), await person(sql, "Ben", Role.VIEWER)
    await ann.call(api, "POST", CONTACTS, json={"first_name": "Hers"})
    await add(api, first_name="Other")

    hers, his = [await each.call(api, "GET", f"{EXPORT}?columns=first_name") for each in (ann, ben)]

    assert (hers.text, his.text) == ("first_name\nHers\n", "first_name\nOther\nHers\n")
    entries = await sql.fetch("SELECT * FROM audit_log WHERE action = 'contact.exported' ORDER BY at")
    assert [each["actor_id"] for each in entries] == [ann.id, ben.id]
    assert json.loads(entries[0]["changes"]) == {"columns": "first_name"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("format=xml", "format"),
        ("columns=nope", "columns"),
        ("columns=", "columns"),
        ("columns=custom.nope", "columns"),
        ("filter=nope%20%3D%201", "filter"),
        ("filter=custom.nope%20%3D%201", "filter"),
        ("order_by=nope", "order_by"),
    ],
)
async def test_a_wrong_wish_is_an_error_and_no_file(api: Running, query: str, parameter: str) -> None:
    answer = await api.call("GET", f"{EXPORT}?{query}")

    assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, parameter)


async def test_half_a_file_does_not_look_whole(api: Running, sql: Any) -> None:
    await sql.execute(_MANY)
    async with begun(api) as answer:
        await answer.content.read(1000)
        assert await sql.fetchval(_END)

        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.read()


async def test_a_third_export_waits_for_its_turn(api: Running, sql: Any) -> None:
    await sql.execute(_MANY)
    async with begun(api), begun(api):
        third = await api.call("GET", EXPORT)

    assert (third.status, third.json["code"], third.headers["Retry-After"]) == (503, "SYS_OVERLOADED", "1")
    async with asyncio.timeout(10):
        while (await api.call("GET", f"{EXPORT}?columns=id&filter=last_name:*")).status == 503:
            await asyncio.sleep(0.1)
