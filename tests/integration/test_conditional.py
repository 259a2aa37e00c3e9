"""What a client has already is not sent again, on real requests."""

from typing import Any

import pytest
from tests.integration.application import CONTACTS, TOKEN, Running
from tests.integration.test_compression import Raw, fill

from hastecrm.core.openapi import PATH
from hastecrm.core.policy import Right
from hastecrm.main.contract import OPERATIONS

ONE = f"{CONTACTS}/{{id}}"
# All that the installation itself may ask for, as far as the address is known.
ASKED = [
    each
    for each in OPERATIONS
    if (each.method, each.tagged, isinstance(each.access, Right)) == ("GET", True, True)
    and (each.path == ONE or "{" not in each.path)
]
SPOKEN = [pytest.param(each.path, id=each.name) for each in ASKED]


async def a_contact(api: Running, **values: str) -> str:
    answer = await api.call("POST", CONTACTS, json={"first_name": "Ada", **values})
    return str(answer.headers["Location"])


async def address(api: Running, path: str) -> str:
    return await a_contact(api) if path == ONE else path


@pytest.mark.parametrize("path", SPOKEN)
async def test_every_get_of_the_api_answers_304_to_those_who_have_the_state(api: Running, path: str) -> None:
    path = await address(api, path)
    shown = await api.call("GET", path)
    tag = shown.headers["ETag"]

    for given in (tag, f'"other", {tag}', "*", f"W/{tag}" if not tag.startswith("W/") else tag[2:]):
        again = await api.call("GET", path, headers={"If-None-Match": given})
        assert (again.status, again.body) == (304, b""), given
        assert again.headers["ETag"] in {given, tag, f"W/{tag}"} or tag in given
        assert again.headers["Cache-Control"] == shown.headers["Cache-Control"] == "no-store"
        assert again.headers["Vary"] == shown.headers["Vary"]
        assert "Accept-Encoding" in shown.headers.getall("Vary")
        assert again.headers["X-Content-Type-Options"] == "nosniff"
        assert not {"Content-Type", "Content-Encoding"} & set(again.headers)
    other = await api.call("GET", path, headers={"If-None-Match": '"other", W/"another"'})
    assert (other.status, other.body) == (200, shown.body)


@pytest.mark.parametrize("path", SPOKEN)
async def test_the_head_says_304_as_well(api: Running, path: str) -> None:
    path = await address(api, path)
    tag = (await api.call("GET", path)).headers["ETag"]

    assert (await api.call("HEAD", path, headers={"If-None-Match": tag})).status == 304
    assert (await api.call("HEAD", path)).headers["ETag"] == tag


async def test_a_change_ends_what_was_known(api: Running) -> None:
    path = await a_contact(api)
    listed, counted = [await api.call("GET", each) for each in (CONTACTS, f"{CONTACTS}/count")]
    await api.call("PATCH", path, json={"title": "Countess"})

    known = {"If-None-Match": listed.headers["ETag"]}
    assert (await api.call("GET", CONTACTS, headers=known)).status == 200
    known = {"If-None-Match": counted.headers["ETag"]}
    assert (await api.call("GET", f"{CONTACTS}/count", headers=known)).status == 304


async def test_errors_have_no_tag_and_nothing_makes_them_304(api: Running) -> None:
    answer = await api.call("GET", f"{CONTACTS}/nobody", headers={"If-None-Match": "*"})

    assert answer.status == 404
    assert "ETag" not in answer.headers


async def test_a_compressed_contact_is_known_and_can_be_changed_by_the_tag_it_came_with(api: Running) -> None:
    path = await a_contact(
        api, company="Ü" * 200, title="Ü" * 100, last_name="Ü" * 100, email="a@example.com"
    )
    raw = Raw(api.url)
    shown, _ = await raw(path, "br", **{"X-Long": "1"})
    tag = shown.headers["ETag"]

    known, _ = await raw(path, "br", **{"If-None-Match": tag})
    no_longer, _ = await raw(path, "gzip", **{"If-None-Match": tag})
    changed = await api.call("PATCH", path, json={"title": "Dr"}, headers={"If-Match": tag})
    late = await api.call("PATCH", path, json={"title": "Prof"}, headers={"If-Match": tag})
    assert (shown.headers["Content-Encoding"], tag) == ("br", '"1+br"')
    assert (known.status, known.headers["ETag"]) == (304, tag)
    assert no_longer.status == 200
    assert (changed.status, late.status) == (200, 412)


async def test_a_list_has_one_tag_in_every_coding(api: Running) -> None:
    await fill(api)
    raw = Raw(api.url)

    tags = {(await raw(CONTACTS, accept))[0].headers["ETag"] for accept in (None, "br", "zstd", "gzip")}
    assert len(tags) == 1
    assert tags.pop().startswith('W/"')


async def test_the_contract_may_be_kept_by_everyone_who_asks_again(api: Running) -> None:
    raw = Raw(api.url)
    shown, _ = await raw(PATH, "br")
    again, body = await raw(PATH, "br", **{"If-None-Match": shown.headers["ETag"]})

    assert shown.headers["Cache-Control"] == again.headers["Cache-Control"] == "public, no-cache"
    assert (again.status, body) == (304, b"")


async def test_several_headers_are_one_list(api: Running) -> None:
    tag = (await api.call("GET", CONTACTS)).headers["ETag"]
    headers: Any = [
        ("Authorization", f"Bearer {TOKEN}"),
        ("If-None-Match", '"other"'),
        ("If-None-Match", tag),
    ]

    async with api.http.get(api.url + CONTACTS, headers=headers) as answer:
        assert answer.status == 304
