"""Live events: who hears of what, nothing lost over a reconnection, and an orderly end."""

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

from hastecrm.core.identity import Role, Visibility
from hastecrm.features.events.service import STREAMS

EVENTS = "/api/v1/events"


@dataclass
class Stream:
    """An open stream, read one event at a time as a browser reads it."""

    response: aiohttp.ClientResponse

    async def next(self, seconds: float = 5) -> dict[str, Any]:
        """Return the next event: its name, its id and its data."""
        event: dict[str, Any] = {}
        async with asyncio.timeout(seconds):
            async for raw in self.response.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name == "data":
                    event["data"] = json.loads(value)
                elif name in {"id", "event"}:
                    event[name] = value
                elif "data" in event:  # an empty line ends it
                    return event
        raise EOFError

    async def silent(self, seconds: float = 1.5) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def watching(api: Running, headers: Mapping[str, str], path: str = EVENTS) -> AsyncIterator[Stream]:
    async with api.http.get(api.url + path, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        assert {"Content-Security-Policy", "X-Content-Type-Options"} <= set(response.headers)
        yield Stream(response)


@pytest.fixture
async def ada(sql: Any) -> Person:
    return await person(sql, "Ada")


async def added(api: Running, someone: Person, name: str = "Grace", **more: object) -> str:
    answer = await someone.call(api, "POST", CONTACTS, json={"first_name": name, **more})
    assert answer.status == 201, answer.json
    return str(answer.json["id"])


async def test_a_change_is_told_to_who_watches_without_its_values(api: Running, ada: Person) -> None:
    async with watching(api, ada.headers) as stream:
        contact = await added(api, ada, email="grace@example.com")
        await ada.call(api, "PATCH", f"{CONTACTS}/{contact}", json={"title": "Rear admiral"})
        events = [await stream.next(), await stream.next()]

    assert [event["event"] for event in events] == ["contact.created", "contact.changed"]
    assert {event["data"]["entity_id"] for event in events} == {contact}
    assert events[1]["data"]["fields"] == ["title"]
    assert events[1]["data"]["actor_id"] == str(ada.id)
    assert "admiral" not in json.dumps(events)


async def test_nothing_is_lost_over_a_reconnection(api: Running, ada: Person) -> None:
    async with watching(api, ada.headers) as stream:
        await added(api, ada, "First")
        last = (await stream.next())["id"]
    missed = [await added(api, ada, name) for name in ("Second", "Third")]
    async with watching(api, {**ada.headers, "Last-Event-ID": last}) as stream:
        later = await added(api, ada, "Fourth")
        heard = [(await stream.next())["data"]["entity_id"] for _ in range(3)]

    assert heard == [*missed, later]


@pytest.mark.parametrize("last", ["nonsense", str(uuid4())], ids=["no id", "an event that is gone"])
async def test_who_missed_more_than_can_be_told_is_told_to_read_anew(
    api: Running, ada: Person, last: str
) -> None:
    async with watching(api, {**ada.headers, "Last-Event-ID": last}) as stream:
        assert (await stream.next())["event"] == "reset"


async def test_more_than_can_be_told_at_once_is_told_as_a_reset(api: Running, ada: Person, sql: Any) -> None:
    async with watching(api, ada.headers) as stream:
        await sql.execute(
            "INSERT INTO audit_log (id, workspace_id, action, entity, entity_id) "
            "SELECT gen_random_uuid(), workspace_id, 'contact.created', 'contact', gen_random_uuid() "
            "FROM memberships, generate_series(1, 600)"
        )
        assert (await stream.next())["event"] == "reset"
        contact = await added(api, ada)
        async with asyncio.timeout(5):
            while (await stream.next())["data"].get("entity_id") != contact:
                pass


async def test_each_hears_only_of_records_that_are_theirs_to_see(api: Running, ada: Person, sql: Any) -> None:
    bob = await person(sql, "Bob", visibility=Visibility.OWN)
    async with watching(api, bob.headers) as stream:
        await added(api, ada)
        assert await stream.silent()
        his = await added(api, bob, "His own")
        assert (await stream.next())["data"]["entity_id"] == his


async def test_nobody_hears_of_another_workspace(api: Running, ada: Person, sql: Any) -> None:
    other = uuid4()
    await sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Other')", other)
    eve = await person(sql, "Eve", Role.OWNER, workspace=other)
    async with watching(api, eve.headers) as stream:
        await added(api, ada)
        assert await stream.silent()


async def test_only_what_was_asked_for_is_told(api: Running, ada: Person, sql: Any) -> None:
    boss = await person(sql, "Boss", Role.ADMIN)
    async with watching(api, ada.headers, f"{EVENTS}?entities=pipeline") as stream:
        await added(api, ada)
        await boss.call(api, "POST", "/api/v1/pipelines", json={"name": "New", "type": "sales"})
        assert (await stream.next())["event"] == "pipeline.created"


async def test_an_api_key_hears_within_its_scopes(api: Running, ada: Person) -> None:
    wanted = {"name": "Board", "scopes": ["pipeline:read"]}
    made = await ada.call(api, "POST", "/api/v1/api-keys", json=wanted)
    key = {"Authorization": f"Bearer {made.json['key']}"}
    refused = await api.call("GET", f"{EVENTS}?entities=contact", headers=key)
    async with watching(api, key) as stream:
        await added(api, ada)
        assert await stream.silent()

    assert (refused.status, refused.json["code"]) == (403, "AUTH_FORBIDDEN")


async def test_what_cannot_be_watched_is_named(api: Running, ada: Person) -> None:
    answer = await ada.call(api, "GET", f"{EVENTS}?entities=contact,password")

    assert answer.status == 422
    assert "got password" in answer.json["detail"]


async def test_nobody_opens_streams_without_end(api: Running, ada: Person) -> None:
    streams = [await api.http.get(api.url + EVENTS, headers=ada.headers) for _ in range(STREAMS)]
    refused = await ada.call(api, "GET", EVENTS)
    for stream in streams:
        stream.close()
    await asyncio.sleep(1.5)
    again = await api.http.get(api.url + EVENTS, headers=ada.headers)
    again.close()

    assert again.status == 200
    assert {stream.status for stream in streams} == {200}
    assert (refused.status, refused.json["code"]) == (429, "HTTP_RATE_LIMITED")


async def test_streams_end_when_the_process_drains(postgres: Postgres, database: str, sql: Any) -> None:
    ada = await person(sql, "Ada")
    async with running("api", postgres.environment(database)) as api, watching(api, ada.headers) as stream:
        api.service.health.draining = True
        async with asyncio.timeout(3):
            rest = await stream.response.content.read()

    assert rest.endswith(b"\n\n")


async def spent(api: Running) -> list[float]:
    """Return the seconds that were counted for streams; none before one has ended."""
    lines = (await api.probe("/metrics")).text.splitlines()
    return [float(line.rpartition(" ")[2]) for line in lines if "_seconds_sum" in line and EVENTS in line]


async def test_how_long_a_stream_goes_on_is_no_latency(api: Running, ada: Person) -> None:
    async with watching(api, ada.headers):
        await asyncio.sleep(1)
    async with asyncio.timeout(5):
        while not (seconds := await spent(api)):
            await asyncio.sleep(0.2)

    assert max(seconds) < 0.5
