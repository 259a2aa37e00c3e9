"""Wherever something fails, the answer is an RFC 9457 problem that tells nothing internal in production."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from tests.integration.application import Answer, Running, running
from tests.integration.servers import Postgres

from hastecrm.core.codes import Code
from hastecrm.core.server import Service
from hastecrm.web.rendering import Pages

INTERNAL = "internal-detail-4711"
Fault = Callable[[web.Application], None]


async def raising(_request: web.Request) -> web.StreamResponse:
    raise KeyError(INTERNAL)


async def timing_out(_request: web.Request) -> web.StreamResponse:
    raise TimeoutError(INTERNAL)


async def waiting_for_what_is_cancelled(_request: web.Request) -> web.StreamResponse:
    task = asyncio.create_task(asyncio.sleep(30))
    asyncio.get_running_loop().call_soon(task.cancel, INTERNAL)
    await task
    raise AssertionError


async def forgetting_to_answer(_request: web.Request) -> Any:
    return None


async def answering_nonsense(_request: web.Request) -> Any:
    return {"internal": INTERNAL}


async def with_a_header_that_cannot_be_sent(_request: web.Request) -> web.StreamResponse:
    return web.Response(headers={"X-Broken": f"{INTERNAL}\r\nSet-Cookie: x=y"})


async def fine(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


def handler(fails: Handler) -> Fault:
    """Let one address be answered by this handler."""
    return lambda app: app.router.add_get("/fault", fails) and None


def middleware(*, outermost: bool) -> Fault:
    """Let a middleware fail for one address: before our own, or after them."""

    @web.middleware
    async def failing(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/fault":
            raise KeyError(INTERNAL)
        return await handler(request)

    def add(app: web.Application) -> None:
        app.router.add_get("/fault", fine)
        app.middlewares.insert(0 if outermost else len(app.middlewares), failing)

    return add


def receiver(*, always: bool) -> Fault:
    """Let whoever listens to answers fail: at one address, or even at the answer to that."""

    def add(app: web.Application) -> None:
        failed: list[str] = []

        async def failing(request: web.Request, _response: web.StreamResponse) -> None:
            if request.path == "/fault" and (always or not failed):
                failed.append(request.path)
                raise KeyError(INTERNAL)

        app.router.add_get("/fault", fine)
        app.on_response_prepare.append(failing)

    return add


FAULTS: dict[str, Fault] = {
    "the handler raises": handler(raising),
    "the handler runs into a timeout": handler(timing_out),
    "what the handler waits for is cancelled": handler(waiting_for_what_is_cancelled),
    "the handler returns nothing": handler(forgetting_to_answer),
    "the handler returns no response": handler(answering_nonsense),
    "the handler sets a header that cannot be sent": handler(with_a_header_that_cannot_be_sent),
    "a middleware raises": middleware(outermost=False),
    "a middleware around ours raises": middleware(outermost=True),
    "a receiver of answers raises": receiver(always=False),
    "a receiver of answers raises at every answer": receiver(always=True),
}


async def ask(program: Running) -> Answer:
    headers = {"X-Request-ID": "fault-request-1", "Accept": "*/*"}
    return await program.call("GET", "/fault", headers=headers)


def is_a_problem_that_tells_nothing(answer: Answer) -> bool:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, answer.json["code"]) == (500, Code.SYS_UNEXPECTED.name)
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "hastecrm"
    seen = answer.text + repr(answer.headers)
    return INTERNAL not in seen and "KeyError" not in seen and "Traceback" not in seen


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_every_fault_of_the_api_is_answered_by_a_problem(
    fault: Fault, postgres: Postgres, database: str
) -> None:
    def change(service: Service) -> None:
        assert service.public is not None
        fault(service.public.app)

    async with running("api", postgres.environment(database), change=change) as api:
        answer = await ask(api)
        after = await api.call("GET", "/health/live")

    assert is_a_problem_that_tells_nothing(answer)
    assert after.status == 200


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_every_fault_of_the_internal_port_is_answered_by_a_problem(
    fault: Fault, postgres: Postgres, database: str
) -> None:
    async with running(
        "api", postgres.environment(database), change=lambda service: fault(service.probes.app)
    ) as api:
        answer = await api.probe("/fault")

    assert is_a_problem_that_tells_nothing(answer)


async def test_the_request_id_is_the_same_wherever_it_failed(postgres: Postgres, database: str) -> None:
    def change(service: Service) -> None:
        assert service.public is not None
        FAULTS["a receiver of answers raises at every answer"](service.public.app)

    async with running("api", postgres.environment(database), change=change) as api:
        answer = await ask(api)

    assert answer.headers["X-Request-ID"] == "fault-request-1"


async def test_an_error_page_that_cannot_be_made_becomes_a_problem_for_programs(
    api: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(INTERNAL)

    async with running("web", {"HASTECRM_API_URL": api.url}) as web_tier:
        monkeypatch.setattr(Pages, "page", broken)
        answer = await web_tier.call("GET", "/login")
        metrics = await web_tier.probe("/metrics")

    assert is_a_problem_that_tells_nothing(answer)
    assert 'hastecrm_errors_total{code="SYS_UNEXPECTED"}' in metrics.text


async def test_in_development_the_chain_of_causes_is_told(postgres: Postgres, database: str) -> None:
    def change(service: Service) -> None:
        assert service.public is not None
        FAULTS["a middleware raises"](service.public.app)

    settings = {**postgres.environment(database), "HASTECRM_ENVIRONMENT": "development"}
    async with running("api", settings, change=change) as api:
        answer = await ask(api)

    assert answer.json["causes"] == [f"KeyError: '{INTERNAL}'"]


async def test_a_client_that_leaves_is_no_error(postgres: Postgres, database: str) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.StreamResponse:
        begun.set()
        await asyncio.sleep(0.2)
        ended.set()
        return web.Response(text="too late")

    def change(service: Service) -> None:
        assert service.public is not None
        service.public.app.router.add_get("/slow", slow)

    async with running("api", postgres.environment(database), change=change) as api:
        call = asyncio.create_task(api.call("GET", "/slow"))
        await begun.wait()
        call.cancel()
        await asyncio.wait_for(ended.wait(), 5)
        metrics = await api.probe("/metrics")

    assert "SYS_UNEXPECTED" not in metrics.text
