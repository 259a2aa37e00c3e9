"""GraphQL subscriptions tell what the stream of events tells, with the records as one may see them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.people import Person, person
from tests.integration.servers import Postgres

from hastecrm.core.graphql.contract import PATH, STREAM_PATH
from hastecrm.core.identity import Visibility
from hastecrm.features.events.service import STREAMS

CHANGES = """subscription($entities: [String!], $after: String) {changes(entities: $entities, after: $after)
    {id action entity entityId actorId fields deal {title}
    contact {firstName title deals {items {title}}}}}"""
NOTHING_FOR = 1.5  # seconds after which nothing will come any more, as the feed looks twice a second


@dataclass
class Stream:
    """An open stream, read one event at a time."""

    response: aiohttp.ClientResponse

    async def event(self, seconds: float = 60) -> tuple[str, Any]:
        """Return the next event: its name and its data, None where it has none."""
        name, data = "", None
        async with asyncio.timeout(seconds):
            async for raw in self.response.content:
                field, _, value = raw.decode().rstrip("\n").partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    data = json.loads(value) if value.strip() else None
                elif not field and name:
                    return name, data
        raise EOFError

    async def change(self, seconds: float = 60) -> Any:
        """Return the next change."""
        name, data = await self.event(seconds)
        assert name == "next"
        assert "errors" not in data, data
        return data["data"]["changes"]

    async def silent(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.event(NOTHING_FOR)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def streaming(
    api: Running, headers: Mapping[str, str], query: str = CHANGES, **variables: Any
) -> AsyncIterator[Stream]:
    body = {"query": query, "variables": variables}
    async with api.http.post(api.url + STREAM_PATH, headers=headers, json=body) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Stream(response)


@pytest.fixture
async def ada(sql: Any) -> Person:
    return await person(sql, "Ada")


@pytest.fixture
async def last(api: Running, ada: Person, sql: Any) -> str:
    """What happened before: whoever asks for what came after it misses nothing, however slow the start is."""
    await ada.call(api, "POST", "/api/v1/companies", json={"name": "Acme"})
    return str(await sql.fetchval("SELECT id FROM audit_log WHERE action = 'company.created'"))


async def added(api: Running, someone: Person, name: str = "Grace", **more: object) -> str:
    answer = await someone.call(api, "POST", CONTACTS, json={"first_name": name, **more})
    assert answer.status == 201, answer.json
    return str(answer.json["id"])


async def test_a_change_comes_with_the_record_as_it_is_then(api: Running, ada: Person, last: str) -> None:
    async with streaming(api, ada.headers, after=last) as stream:
        contact = await added(api, ada)
        made = await stream.change()
        await ada.call(api, "PATCH", f"{CONTACTS}/{contact}", json={"title": "Rear admiral"})
        changed = await stream.change()
        await ada.call(api, "DELETE", f"{CONTACTS}/{contact}")
        gone = await stream.change()

    assert (made["action"], made["entityId"], made["actorId"]) == ("contact.created", contact, str(ada.id))
    assert made["contact"]["firstName"] == "Grace"
    assert (changed["fields"], changed["contact"]["title"]) == (["title"], "Rear admiral")
    assert changed["deal"] is None
    assert (gone["action"], gone["contact"]) == ("contact.deleted", None)


async def test_nothing_is_lost_over_a_reconnection(api: Running, ada: Person, last: str) -> None:
    async with streaming(api, ada.headers, after=last) as stream:
        await added(api, ada, "First")
        heard_last = (await stream.change())["id"]
    missed = [await added(api, ada, name) for name in ("Second", "Third")]
    async with streaming(api, ada.headers, after=heard_last, entities=["contact"]) as stream:
        later = await added(api, ada, "Fourth")
        heard = [(await stream.change())["entityId"] for _ in range(3)]

    assert heard == [*missed, later]


async def test_who_missed_more_than_can_be_told_is_told_to_read_anew(api: Running, ada: Person) -> None:
    async with streaming(api, ada.headers, after=str(uuid4())) as stream:
        change = await stream.change()

    assert (change["action"], change["id"], change["entity"]) == ("reset", None, None)


async def test_each_hears_only_of_records_that_are_theirs_to_see(
    api: Running, ada: Person, last: str, sql: Any
) -> None:
    bob = await person(sql, "Bob", visibility=Visibility.OWN)
    async with streaming(api, bob.headers, after=last) as stream:
        await added(api, ada)
        assert await stream.silent()
        his = await added(api, bob, "His own")
        assert (await stream.change())["entityId"] == his


async def test_only_what_was_asked_for_is_told(api: Running, ada: Person, last: str) -> None:
    async with streaming(api, ada.headers, after=last, entities=["deal"]) as stream:
        await added(api, ada)
        await ada.call(api, "POST", "/api/v1/deals", json={"title": "Coffee"})
        change = await stream.change()

    assert (change["action"], change["deal"]) == ("deal.created", {"title": "Coffee"})


async def test_an_api_key_hears_within_its_scopes(api: Running, ada: Person) -> None:
    made = await ada.call(api, "POST", "/api/v1/api-keys", json={"name": "B", "scopes": ["pipeline:read"]})
    key = {"Authorization": f"Bearer {made.json['key']}"}
    async with streaming(api, key, entities=["contact"]) as stream:
        name, body = await stream.event()
        assert (name, body["errors"][0]["extensions"]["code"]) == ("next", "AUTH_FORBIDDEN")
        assert await stream.event() == ("complete", None)


async def test_a_query_is_one_result_and_the_end(api: Running, ada: Person) -> None:
    async with streaming(api, ada.headers, "{contactCount {value}}") as stream:
        assert await stream.event() == ("next", {"data": {"contactCount": {"value": 0}}})
        assert await stream.event() == ("complete", None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {nothing}", "VALIDATION_QUERY"),
        ('subscription {changes(entities: ["password"]) {id}}', "VALIDATION_FAILED"),
        ("subscription {changes {contact {deals(limit: 200) {items {contacts(limit: 200) {next}}}}}}",
         "VALIDATION_QUERY_TOO_COSTLY"),
    ],
    ids=["unknown", "entity", "costly"],
)  # fmt: skip
async def test_what_cannot_run_is_refused_with_a_reason(
    api: Running, ada: Person, query: str, code: str
) -> None:
    async with streaming(api, ada.headers, query) as stream:
        name, body = await stream.event()

    assert (name, body["errors"][0]["extensions"]["code"]) == ("next", code)


async def test_a_subscription_at_the_other_address_is_told_where_to_go(api: Running) -> None:
    answer = await api.call("POST", PATH, json={"query": "subscription {changes {id}}"})

    [error] = answer.json["errors"]
    assert (error["extensions"]["code"], STREAM_PATH in error["message"]) == ("VALIDATION_QUERY", True)


async def test_strangers_hear_nothing(api: Running) -> None:
    answer = await api.call("POST", STREAM_PATH, json={"query": CHANGES}, headers={"Authorization": ""})

    assert (answer.status, answer.json["code"]) == (401, "AUTH_REQUIRED")


async def test_subscriptions_count_as_streams_until_they_are_left(api: Running, ada: Person) -> None:
    body = {"query": CHANGES}
    opened = [
        await api.http.post(api.url + STREAM_PATH, headers=ada.headers, json=body) for _ in range(STREAMS)
    ]
    async with asyncio.timeout(60):
        while f"hastecrm_event_streams {float(STREAMS)}" not in (await api.probe("/metrics")).text:
            await asyncio.sleep(0.1)
    async with streaming(api, ada.headers) as stream:
        _, refused = await stream.event()
    for each in opened:
        each.close()
    async with asyncio.timeout(60):
        while "hastecrm_event_streams 0.0" not in (await api.probe("/metrics")).text:
            await asyncio.sleep(0.1)

    assert refused["errors"][0]["extensions"]["code"] == "HTTP_RATE_LIMITED"


async def test_subscriptions_end_when_the_process_drains(postgres: Postgres, database: str, sql: Any) -> None:
    ada = await person(sql, "Ada")
    async with running("api", postgres.environment(database)) as api, streaming(api, ada.headers) as stream:
        api.service.health.draining = True

        assert await stream.event() == ("complete", None)
