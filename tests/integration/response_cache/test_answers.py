"""Cached answers are the right ones: the newest for whoever changed something, and only what they may see."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.conftest import make_schema
from tests.integration.people import person
from tests.integration.response_cache.conftest import Counts
from tests.integration.servers import Postgres, Redis

from hastecrm.core.authentication import Authenticator
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.records.service import RecordPage, RecordService
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

COUNT = f"{CONTACTS}/count"
ANN, BEN = UUID(int=1), UUID(int=2)
ADD = "INSERT INTO contacts (workspace_id, id, first_name, owner_id) VALUES ($1, gen_random_uuid(), $2, $3)"


async def add(api: Running, name: str) -> str:
    answer = await api.call("POST", CONTACTS, json={"first_name": name})
    assert answer.status == 201, answer.text
    return str(answer.headers["Location"])


async def names(api: Running, query: str = "") -> list[str]:
    answer = await api.call("GET", CONTACTS + query)
    assert answer.status == 200, answer.text
    return [contact["first_name"] for contact in answer.json["items"]]


@contextmanager
def asking_as(principal: Principal) -> Iterator[None]:
    with mock.patch.object(Authenticator, "principal", return_value=principal):
        yield


def member(user: UUID, visibility: Visibility, team: tuple[UUID, ...] = ()) -> Principal:
    return Principal(DEFAULT_WORKSPACE, Role.MEMBER, user, user, visible_owners(visibility, user, team))


async def test_what_did_not_change_is_answered_without_the_table(api: Running, own_sql: Any) -> None:
    await add(api, "Ada")
    first = [await api.call("GET", path) for path in (CONTACTS, COUNT)]
    async with own_sql.transaction():
        await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(2):
            second = [await api.call("GET", path) for path in (CONTACTS, COUNT)]
            head = await api.call("HEAD", CONTACTS)
            known = await api.call("GET", CONTACTS, headers={"If-None-Match": first[0].headers["ETag"]})

    for before, after in zip(first, second, strict=True):
        assert (before.status, before.body) == (after.status, after.body)
        same = {**before.headers, "Date": "", "X-Request-ID": ""}
        assert same == {**after.headers, "Date": "", "X-Request-ID": ""}
    assert head.headers["ETag"] == first[0].headers["ETag"]
    assert known.status == 304


async def test_hits_misses_and_what_is_not_cached_are_counted(api: Running, counts: Counts) -> None:
    for _ in range(2):
        await add(api, "Ada")
    page = await api.call("GET", f"{CONTACTS}?limit=1")
    for path in (f"{CONTACTS}?limit=1", f"{CONTACTS}?limit=1&cursor={page.json['next']}", COUNT):
        await api.call("GET", path)

    assert await counts(api) == {"miss": 2, "hit": 1, "bypass": 1}


async def test_whoever_changes_something_sees_it_at_once_in_every_process(
    api: Running, other: Running
) -> None:
    for number in range(5):
        path = await add(api, f"C{number}")
        assert [await names(each) for each in (other, api)] == [[f"C{number}"]] * 2
        await other.call("PATCH", path, json={"first_name": f"D{number}"})
        assert [await names(each) for each in (api, other)] == [[f"D{number}"]] * 2
        await api.call("DELETE", path)
        assert [await names(each) for each in (other, api)] == [[]] * 2
        assert (await other.call("GET", COUNT)).json["count"] == 0


async def test_a_change_under_an_idempotency_key_is_seen_at_once_too(api: Running, other: Running) -> None:
    for number in range(3):
        await names(other)
        headers = {"Idempotency-Key": f"a-key-for-{number}"}
        await api.call("POST", CONTACTS, json={"first_name": f"C{number}"}, headers=headers)

        assert len(await names(other)) == number + 1


async def test_a_change_that_nobody_announced_is_seen_before_long(
    api: Running, own_sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.response_cache.versions.TRUST_SECONDS", 0.3)
    await names(api)
    await own_sql.execute(ADD, DEFAULT_WORKSPACE, "By hand", None)

    async with asyncio.timeout(5):
        while await names(api) != ["By hand"]:
            await asyncio.sleep(0.02)


async def test_a_read_that_began_before_a_change_is_not_kept_after_it(
    api: Running, other: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, change = asyncio.Event(), asyncio.Event()
    original = RecordService.page

    async def slow(*arguments: Any) -> RecordPage:
        page = await original(*arguments)
        read.set()
        await change.wait()
        return page

    monkeypatch.setattr(RecordService, "page", slow)
    late = asyncio.create_task(names(api))
    await read.wait()
    monkeypatch.setattr(RecordService, "page", original)
    await add(other, "Ada")
    change.set()

    assert await late == []
    assert [await names(each) for each in (api, other)] == [["Ada"]] * 2


async def test_each_sees_what_is_theirs_and_a_changed_right_changes_it_at_once(
    api: Running, own_sql: Any
) -> None:
    ann, ben = [await person(own_sql, name) for name in ("Ann", "Ben")]
    for name, owner in (("A", ann.id), ("B", ben.id), ("Free", None)):
        await own_sql.execute(ADD, DEFAULT_WORKSPACE, name, owner)
    looks = [
        (member(ann.id, Visibility.ALL), {"A", "B", "Free"}),
        (member(ann.id, Visibility.OWN), {"A"}),
        (member(ben.id, Visibility.OWN), {"B"}),
        (member(ben.id, Visibility.TEAM, (ann.id,)), {"A", "B"}),
        (member(ben.id, Visibility.TEAM), {"B"}),
        (Principal(UUID(int=9), Role.OWNER, ben.id, ben.id, None), set()),
        (member(ann.id, Visibility.ALL), {"A", "B", "Free"}),
    ]

    for _ in range(2):  # the second time from the cache
        for principal, visible in looks:
            with asking_as(principal):
                assert set(await names(api)) == visible
                assert (await api.call("GET", COUNT)).json["count"] == len(visible)


async def test_those_who_may_see_the_same_share_an_answer(api: Running, counts: Counts) -> None:
    for principal in (member(ANN, Visibility.ALL), member(BEN, Visibility.ALL)):
        with asking_as(principal):
            await names(api)

    assert await counts(api) == {"miss": 1, "hit": 1}


async def test_an_answer_that_is_cached_is_not_given_to_those_without_the_right(api: Running) -> None:
    await names(api)

    with asking_as(Principal(DEFAULT_WORKSPACE, None, ANN, ANN, None)):
        assert (await api.call("GET", CONTACTS)).status == 403
    assert (await api.call("GET", CONTACTS, headers={"Authorization": ""})).status == 401


async def test_what_an_address_does_not_read_makes_no_other_answer(api: Running, counts: Counts) -> None:
    await add(api, "Ada")
    for query in ("", "?x=1", "?x=2&y=3"):
        assert await names(api, query) == ["Ada"]
    assert await names(api, "?limit=7") == ["Ada"]

    assert await counts(api) == {"miss": 2, "hit": 2}


async def test_a_refusal_is_not_kept(api: Running, counts: Counts) -> None:
    for _ in range(2):
        assert (await api.call("GET", f"{CONTACTS}?limit=0")).status == 422

    assert await counts(api) == {}


async def test_two_installations_can_share_a_redis(
    api: Running, postgres: Postgres, empty_database: str, redis_server: Redis
) -> None:
    await make_schema(postgres, empty_database)
    settings = {**postgres.environment(empty_database), **redis_server.environment()}
    async with running("api", settings) as neighbour:
        await add(api, "Mine")
        await add(neighbour, "Theirs")

        assert [await names(each) for each in (api, neighbour) * 2] == [["Mine"], ["Theirs"]] * 2
