"""GraphQL's engine comes with the first request, once."""

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hastecrm.core.graphql.on_demand import OnDemand

REQUEST = make_mocked_request("POST", "/graphql")


class Endpoint:
    async def answer(self, request: web.Request) -> web.Response:
        return web.Response(text=request.path)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"{request.path} as a stream")


async def test_requests_at_once_make_it_once():
    made = []
    address = OnDemand(lambda: made.append(1) or Endpoint())
    answers = await asyncio.gather(*(address.answer(REQUEST) for _ in range(5)))

    streamed = await address.stream(REQUEST)

    assert [answer.text for answer in answers] == ["/graphql"] * 5
    assert isinstance(streamed, web.Response)
    assert streamed.text == "/graphql as a stream"
    assert len(made) == 1


async def test_a_failure_is_not_remembered():
    tries = iter([OSError("no memory"), Endpoint()])

    def make() -> Endpoint:
        made = next(tries)
        if isinstance(made, OSError):
            raise made
        return made

    address = OnDemand(make)
    with pytest.raises(OSError, match="no memory"):
        await address.answer(REQUEST)

    assert (await address.answer(REQUEST)).text == "/graphql"


def test_an_api_that_nobody_asks_for_graphql_does_without_its_engine():
    program = "import sys, hastecrm.main.api; print(sorted({'graphql', 'strawberry'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
