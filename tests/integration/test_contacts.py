"""Contacts through REST, on a real database."""

import asyncio
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running

ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "company": "Analytical Engines",
}


async def create(api: Running, **values: str) -> dict[str, str]:
    answer = await api.call("POST", CONTACTS, json={"first_name": "Ada", **values})
    assert answer.status == 201, answer.text
    return answer.json


async def test_a_created_contact_can_be_read_at_its_location(api: Running) -> None:
    created = await api.call("POST", CONTACTS, json=ADA)

    read = await api.call("GET", created.headers["Location"])
    assert created.status == 201
    assert created.headers["ETag"] == read.headers["ETag"] == '"1"'
    assert read.json == created.json
    assert {name: read.json[name] for name in ADA} == ADA
    assert read.json["phone"] is None


async def test_surrounding_blanks_and_empty_optional_fields_are_not_stored(api: Running) -> None:
    contact = await create(api, first_name="  Ada ", email="", phone="   ")

    assert (contact["first_name"], contact["email"], contact["phone"]) == ("Ada", None, None)


async def test_a_patch_changes_only_what_it_names(api: Running) -> None:
    contact = await create(api, **ADA)

    answer = await api.call(
        "PATCH", f"{CONTACTS}/{contact['id']}", json={"title": "Countess", "company": None}
    )
    assert answer.status == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.json == {
        **contact,
        "title": "Countess",
        "company": None,
        "version": 2,
        "updated_at": answer.json["updated_at"],
    }
    assert answer.json["updated_at"] > contact["updated_at"]


async def test_an_empty_patch_changes_nothing(api: Running) -> None:
    contact = await create(api)

    answer = await api.call("PATCH", f"{CONTACTS}/{contact['id']}", json={})
    assert answer.json == contact


async def test_a_merge_patch_media_type_is_accepted(api: Running) -> None:
    contact = await create(api)

    headers = {"Content-Type": "application/merge-patch+json"}
    answer = await api.call("PATCH", f"{CONTACTS}/{contact['id']}", data=b'{"title":"Dr"}', headers=headers)
    assert answer.json["title"] == "Dr"


async def test_a_required_field_cannot_be_emptied_by_a_patch(api: Running) -> None:
    contact = await create(api)

    answer = await api.call("PATCH", f"{CONTACTS}/{contact['id']}", json={"first_name": None})
    assert answer.status == 422
    assert answer.json["errors"] == [{"pointer": "/first_name", "detail": "must be text"}]


async def test_a_change_based_on_an_old_state_is_refused(api: Running) -> None:
    path = f"{CONTACTS}/{(await create(api))['id']}"
    await api.call("PATCH", path, json={"title": "first"})

    late = await api.call("PATCH", path, json={"title": "second"}, headers={"If-Match": '"1"'})
    current = await api.call("PATCH", path, json={"title": "third"}, headers={"If-Match": '"2"'})
    assert (late.status, late.json["code"], late.headers["ETag"]) == (412, "BIZ_VERSION_MISMATCH", '"2"')
    assert (current.status, current.json["title"]) == (200, "third")


async def test_of_two_changes_at_once_only_one_passes(api: Running) -> None:
    path = f"{CONTACTS}/{(await create(api))['id']}"

    changes = [
        api.call("PATCH", path, json={"title": f"change {n}"}, headers={"If-Match": '"1"'}) for n in range(5)
    ]
    statuses = sorted(answer.status for answer in await asyncio.gather(*changes))
    assert statuses == [200, 412, 412, 412, 412]


async def test_a_known_state_is_not_sent_again(api: Running) -> None:
    path = f"{CONTACTS}/{(await create(api))['id']}"

    answer = await api.call("GET", path, headers={"If-None-Match": '"1"'})
    assert (answer.status, answer.body) == (304, b"")


async def test_a_deleted_contact_is_gone_and_its_address_is_free_again(api: Running) -> None:
    contact = await create(api, **ADA)
    path = f"{CONTACTS}/{contact['id']}"

    deleted = await api.call("DELETE", path)
    assert (deleted.status, deleted.body) == (204, b"")
    assert (await api.call("GET", path)).status == 404
    assert (await api.call("PATCH", path, json={})).status == 404
    assert (await api.call("DELETE", path)).status == 404
    assert (await api.call("GET", CONTACTS)).json["items"] == []
    await create(api, **ADA)


async def test_a_delete_based_on_an_old_state_is_refused(api: Running) -> None:
    path = f"{CONTACTS}/{(await create(api))['id']}"

    answer = await api.call("DELETE", path, headers={"If-Match": '"7"'})
    assert answer.status == 412
    assert (await api.call("GET", path)).status == 200


async def test_an_email_address_belongs_to_one_contact_whatever_its_capitals(api: Running) -> None:
    await create(api, email="ada@example.com")
    other = await create(api, email="other@example.com")

    created = await api.call("POST", CONTACTS, json={"first_name": "B", "email": "ADA@Example.com"})
    changed = await api.call("PATCH", f"{CONTACTS}/{other['id']}", json={"email": "Ada@example.com"})
    for answer in (created, changed):
        assert (answer.status, answer.json["code"]) == (409, "BIZ_DUPLICATE")
        assert answer.json["errors"] == [
            {"pointer": "/email", "detail": "is already used by another contact"}
        ]


@pytest.mark.parametrize("name", ["01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8", "not-an-id", "%00", "1%27%3B--"])
async def test_an_id_that_names_no_contact_is_not_found(api: Running, name: str) -> None:
    answer = await api.call("GET", f"{CONTACTS}/{name}")

    assert (answer.status, answer.json["code"]) == (404, "BIZ_NOT_FOUND")


async def test_pages_show_every_contact_once_while_others_are_added_and_deleted(api: Running) -> None:
    ids = [(await create(api, last_name=str(n)))["id"] for n in range(7)]
    seen: list[str] = []
    path = f"{CONTACTS}?limit=2"
    while True:
        page = (await api.call("GET", path)).json
        seen += [contact["id"] for contact in page["items"]]
        if page["next"] is None:
            break
        # What happens at the top, or to what was shown already, must not shift the rest.
        await create(api, last_name="newcomer")
        await api.call("DELETE", f"{CONTACTS}/{page['items'][0]['id']}")
        path = f"{CONTACTS}?limit=2&cursor={page['next']}"

    assert seen == ids[::-1]


async def test_contacts_of_the_same_instant_are_not_lost_between_pages(api: Running, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO contacts (id, workspace_id, first_name) SELECT gen_random_uuid(), id, 'Twin' "
        "FROM workspaces, generate_series(1, 25)"
    )
    first = (await api.call("GET", f"{CONTACTS}?limit=10")).json
    second = (await api.call("GET", f"{CONTACTS}?limit=10&cursor={first['next']}")).json
    third = (await api.call("GET", f"{CONTACTS}?limit=10&cursor={second['next']}")).json

    seen = [contact["id"] for page in (first, second, third) for contact in page["items"]]
    assert len(seen) == len(set(seen)) == 25
    assert third["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=ten", "limit=-1", "limit=", "limit=1e1", "limit=%D9%A3"]
)
async def test_a_limit_outside_1_to_200_is_refused(api: Running, query: str) -> None:
    answer = await api.call("GET", f"{CONTACTS}?{query}")

    assert answer.status == 422
    assert answer.json["errors"] == [{"parameter": "limit", "detail": "must be a whole number from 1 to 200"}]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "A" * 32, "____" * 8, "é" * 32, "A" * 5000])
async def test_a_cursor_from_elsewhere_is_refused_or_shows_an_empty_page(api: Running, cursor: str) -> None:
    answer = await api.call("GET", f"{CONTACTS}?cursor={cursor}")

    assert answer.status in {200, 422}
    if answer.status == 422:
        assert answer.json["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/first_name"]),
        ({"first_name": ""}, ["/first_name"]),
        ({"first_name": "   "}, ["/first_name"]),
        ({"first_name": 7}, ["/first_name"]),
        ({"first_name": "x" * 101}, ["/first_name"]),
        ({"first_name": "A", "email": "nobody"}, ["/email"]),
        ({"first_name": "A", "email": "a@b"}, ["/email"]),
        ({"first_name": "A", "email": "a b@example.com"}, ["/email"]),
        ({"first_name": "A", "email": f"{'a' * 250}@example.com"}, ["/email"]),
        ({"first_name": "A", "phone": "call me"}, ["/phone"]),
        ({"first_name": "A", "last_name": None}, ["/last_name"]),
        ({"first_name": "A\x00B"}, ["/first_name"]),
        ({"first_name": "A", "company": "two\nlines"}, ["/company"]),
        ({"first_name": "A", "id": "1", "workspace_id": "2"}, ["/id", "/workspace_id"]),
        ({"first_name": "A", "a/b~c": 1}, ["/a~1b~0c"]),
        ([], [""]),
        ("text", [""]),
    ],
)
async def test_each_wrong_value_is_named_by_its_pointer(
    api: Running, body: object, pointers: list[str]
) -> None:
    answer = await api.call("POST", CONTACTS, json=body)

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [problem["pointer"] for problem in answer.json["errors"]] == pointers


@pytest.mark.parametrize(
    "text", ["O'Brien; DROP TABLE contacts;--", "张伟", "Zoë 🙂", "<script>alert(1)</script>"]
)
async def test_any_ordinary_text_comes_back_as_it_was_sent(api: Running, text: str) -> None:
    contact = await create(api, first_name=text)

    assert (await api.call("GET", f"{CONTACTS}/{contact['id']}")).json["first_name"] == text


async def test_the_count_is_exact_below_the_cap_and_says_when_it_is_not(api: Running, sql: Any) -> None:
    await create(api)
    small = (await api.call("GET", f"{CONTACTS}/count")).json
    await sql.execute(
        "INSERT INTO contacts (id, workspace_id, first_name) SELECT gen_random_uuid(), id, 'Many' "
        "FROM workspaces, generate_series(1, 10000)"
    )
    large = (await api.call("GET", f"{CONTACTS}/count")).json

    assert small == {"count": 1, "capped": False}
    assert large == {"count": 10_000, "capped": True}
