"""The web tier in front of an API whose connections break: pages go on, and a form adds one contact."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from tests.integration.application import Answer, Running, running
from tests.integration.tcp_proxy import TcpProxy, proxied
from tests.integration.visitors import make_owner, sign_in


@pytest.fixture
async def proxy(api: Running) -> AsyncIterator[TcpProxy]:
    async with proxied(int(api.url.rpartition(":")[2])) as proxy:
        yield proxy


class Person:
    """Someone with the page of contacts before them."""

    def __init__(self, web: Running) -> None:
        self._web = web
        self._headers: Mapping[str, str] = {}
        self.once = ""

    async def sign_in(self) -> None:
        login = await sign_in(self._web)
        self._headers = {"Cookie": login.headers["Set-Cookie"].split(";")[0], "Origin": self._web.url}
        page = await self.look()
        self.once = str(re.search(r'name="once" value="(\w+)"', page.text)[1])  # type: ignore[index]

    async def look(self) -> Answer:
        return await self._web.call("GET", "/contacts", headers=self._headers)

    async def add(self, name: str) -> Answer:
        form = {"first_name": name, "once": self.once}
        return await self._web.call("POST", "/contacts", data=form, headers=self._headers)


@pytest.fixture
async def person(api: Running, proxy: TcpProxy) -> AsyncIterator[Person]:
    async with running("web", {"HASTECRM_API_URL": f"http://127.0.0.1:{proxy.port}"}) as web:
        await make_owner(api)
        person = Person(web)
        await person.sign_in()
        yield person


async def names(sql: Any) -> list[str]:
    return [row["first_name"] for row in await sql.fetch("SELECT first_name FROM contacts ORDER BY id")]


async def test_pages_survive_an_api_that_is_replaced(person: Person, proxy: TcpProxy) -> None:
    proxy.cut()
    cut = await person.look()
    await proxy.become("refuse")
    asked = asyncio.create_task(person.look())
    await asyncio.sleep(0.2)
    await proxy.become("pass")

    assert (cut.status, (await asked).status) == (200, 200)


async def test_a_form_whose_connection_breaks_adds_one_contact(
    person: Person, proxy: TcpProxy, sql: Any
) -> None:
    async with sql.transaction():
        await sql.execute("LOCK TABLE contacts IN SHARE MODE")
        asked = asyncio.create_task(person.add("Ada"))
        async with asyncio.timeout(5):
            while not await sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
        proxy.cut()
        await asyncio.sleep(0.1)
    added = await asked

    assert (added.status, added.headers["Location"]) == (303, "/contacts?added=1#content")
    assert await names(sql) == ["Ada"]


async def test_a_double_click_adds_one_contact(person: Person, sql: Any) -> None:
    both = await asyncio.gather(person.add("Ada"), person.add("Ada"))

    assert [answer.status for answer in both] == [303, 303]
    assert await names(sql) == ["Ada"]


async def test_a_form_that_was_changed_adds_another_contact(person: Person, sql: Any) -> None:
    first, second = await person.add("Ada"), await person.add("Grace")

    assert (first.status, second.status) == (303, 303)
    assert await names(sql) == ["Ada", "Grace"]
