"""Attachments over REST and GraphQL: sent, downloaded whole and in parts, seen by whoever sees the record."""

import io
import os
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from tests.integration.accounts.clients import account
from tests.integration.application import CONTACTS, Answer, Running, running
from tests.integration.servers import Postgres

from hastecrm.core.files.model import Place
from hastecrm.core.files.purge import PurgeFiles

ATTACHMENTS = "/api/v1/attachments"
CONTENT = b"%PDF-1.7\n" + os.urandom(1_500_000)


async def contact(api: Running) -> str:
    return str((await api.call("POST", CONTACTS, json={"first_name": "Ada"})).json["id"])


async def made(api: Running, **values: Any) -> str:
    """The address of a new attachment without content."""
    answer = await api.call("POST", ATTACHMENTS, json={"name": "offer.pdf", **values})
    assert answer.status == 201, answer.text
    return str(answer.headers["Location"])


async def sent(api: Running, path: str, content: bytes = CONTENT) -> Answer:
    return await api.call("PUT", f"{path}/content", data=io.BytesIO(content))


async def test_a_file_of_a_contact_is_sent_and_downloaded(api: Running) -> None:
    whose = await contact(api)
    path = await made(api, contact_id=whose)
    stored = await sent(api, path)
    got = await api.call("GET", f"{path}/content")

    assert stored.status == 200, stored.text
    assert (stored.json["media_type"], stored.json["size"]) == ("application/pdf", len(CONTENT))
    assert got.body == CONTENT
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith('attachment; filename="offer.pdf"')
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"].startswith("sandbox")
    listed = await api.call("GET", ATTACHMENTS, params={"filter": f'contact_id = "{whose}"'})
    assert [each["id"] for each in listed.json["items"]] == [stored.json["id"]]


async def test_a_form_with_a_file_does_as_well(api: Running) -> None:
    form = aiohttp.FormData({"comment": "the newest one"})
    form.add_field("file", io.BytesIO(CONTENT), filename="other.pdf", content_type="application/pdf")
    path = await made(api)
    stored = await api.call("PUT", f"{path}/content", data=form)

    assert (stored.status, stored.json["size"]) == (200, len(CONTENT))
    assert (await api.call("GET", f"{path}/content")).body == CONTENT


@pytest.mark.parametrize(
    "body", [b"--x\r\nContent-Disposition: form-data\r\n\r\nhalf", b"nothing", b"--x--\r\n"]
)
async def test_a_form_without_a_file_is_refused(api: Running, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await api.call("PUT", f"{await made(api)}/content", data=body, headers=headers)

    assert (answer.status, answer.json["code"]) == (400, "HTTP_BAD_REQUEST")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=5-99999999", 5, None)],
)
async def test_a_part_can_be_asked_for(api: Running, asked: str, start: int, stop: int | None) -> None:
    path = await made(api)
    await sent(api, path)
    part = await api.call("GET", f"{path}/content", headers={"Range": asked})

    assert (part.status, part.body) == (206, CONTENT[start:stop])
    first = start % len(CONTENT)
    assert part.headers["Content-Range"] == f"bytes {first}-{first + len(part.body) - 1}/{len(CONTENT)}"


async def test_a_part_of_another_state_is_the_whole(api: Running) -> None:
    path = await made(api)
    await sent(api, path)
    headers = {"Range": "bytes=0-9", "If-Range": '"other"'}

    answer = await api.call("GET", f"{path}/content", headers=headers)
    assert (answer.status, answer.body) == (200, CONTENT)


async def test_what_one_has_already_is_not_sent_again(api: Running) -> None:
    path = await made(api)
    await sent(api, path)
    first = await api.call("GET", f"{path}/content")
    again = await api.call("GET", f"{path}/content", headers={"If-None-Match": first.headers["ETag"]})
    head = await api.call("HEAD", f"{path}/content")

    assert (again.status, again.body) == (304, b"")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(CONTENT)))


async def test_a_page_is_never_served_as_one(api: Running) -> None:
    path = await made(api, name="page.html")
    stored = await sent(api, path, b"<script>alert(1)</script>")

    assert stored.json["media_type"] == "text/html"
    assert (await api.call("GET", f"{path}/content")).headers["Content-Type"] == "application/octet-stream"


async def test_programs_and_large_files_are_refused(postgres: Postgres, database: str) -> None:
    limit = {**postgres.environment(database), "HASTECRM_FILE_LIMIT": "2000"}
    async with running("api", limit) as api:
        program = await sent(api, await made(api), b"\x7fELF...")
        large = await sent(api, await made(api))
        named = await api.call("POST", ATTACHMENTS, json={"name": "setup.exe"})
        chunked = await api.call("PUT", f"{await made(api)}/content", data=_slices())

    assert (program.status, large.status, named.status, chunked.status) == (422, 413, 422, 413)


async def _slices() -> Any:
    for _ in range(10):
        yield b"%PDF-1.7" * 100


async def test_an_attachment_belongs_to_one_record_at_most(api: Running) -> None:
    whose = await contact(api)
    deal = await api.call("POST", "/api/v1/companies", json={"name": "Acme"})
    both = {"name": "a.txt", "contact_id": whose, "company_id": deal.json["id"]}
    answer = await api.call("POST", ATTACHMENTS, json=both)

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/company_id"


async def test_new_content_takes_the_place_of_the_old_one_which_is_removed(
    api: Running, sql: Any, postgres: Postgres, database: str
) -> None:
    path = await made(api)
    first = await sent(api, path)
    stale = await api.call("PUT", f"{path}/content", data=io.BytesIO(CONTENT), headers={"If-Match": '"1"'})
    second = await sent(api, path, b"%PDF-2")
    removed = await PurgeFiles({Place.DATABASE: _Nothing()})(sql)

    assert (first.status, second.status, stale.status) == (200, 200, 412)
    assert removed == 1
    assert (await api.call("GET", f"{path}/content")).body == b"%PDF-2"
    history = await api.call("GET", f"{path}/history")
    assert history.json["items"][0]["changes"]["size"] == {"old": len(CONTENT), "new": 6}


class _Nothing:
    async def delete(self, file: UUID) -> None:
        """Chunks go with the row."""


async def test_whoever_gives_a_record_away_gives_its_files_too(api: Running, sql: Any) -> None:
    ada = await account(sql)
    whose = await contact(api)
    path = await made(api, contact_id=whose)
    await api.call("PATCH", f"{CONTACTS}/{whose}", json={"owner_id": str(ada.id)})

    assert (await api.call("GET", path)).json["owner_id"] == str(ada.id)


async def test_files_go_with_the_final_removal_of_their_record(api: Running, sql: Any) -> None:
    whose = await contact(api)
    await sent(api, await made(api, contact_id=whose))
    await sql.execute("DELETE FROM contacts WHERE id = $1", UUID(whose))
    removed = await PurgeFiles({Place.DATABASE: _Nothing()})(sql)

    assert removed == 1
    assert await sql.fetchval("SELECT count(*) FROM file_chunks") == 0


async def test_graphql_shows_the_files_of_a_contact(api: Running) -> None:
    whose = await contact(api)
    await sent(api, await made(api, contact_id=whose))
    query = "query($id: UUID!) {contact(id: $id) {attachments {items {name size mediaType}}}}"
    answer = await api.call("POST", "/graphql", json={"query": query, "variables": {"id": whose}})

    expected = {"name": "offer.pdf", "size": len(CONTENT), "mediaType": "application/pdf"}
    assert answer.json["data"]["contact"]["attachments"]["items"] == [expected]
