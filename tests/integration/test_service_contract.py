"""What the service says about itself: probes as documented, and problems whose type leads somewhere."""

from typing import Any
from urllib.parse import urljoin

import pytest
from aiohttp import hdrs
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres, Redis

from hastecrm.core.codes import Code
from hastecrm.core.problem import TYPES, type_of
from hastecrm.core.service_contract import OPERATIONS, HealthReport
from hastecrm.main.contract import OPERATIONS as OF_THE_API

PEOPLE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Authorization": ""}
PROGRAM = {"Accept": "application/json", "Authorization": ""}


async def test_every_address_of_the_api_port_is_in_the_document(api: Running) -> None:
    assert api.service.public is not None
    routes = api.service.public.app.router.routes()
    served = {(route.method, route.resource.canonical) for route in routes if route.resource is not None}

    promised = {(operation.method, operation.path) for operation in (*OF_THE_API, *OPERATIONS)}
    assert {pair for pair in served if pair[0] != hdrs.METH_HEAD} == promised | {
        ("GET", "/docs"),
        ("GET", "/docs/{name}"),
    }


@pytest.mark.parametrize("port", ["api", "probes", "web"])
async def test_the_type_of_a_problem_leads_to_its_description(port: str, api: Running, web: Running) -> None:
    base = {"api": api.url, "probes": api.probes, "web": web.url}[port]
    where = f"{base}/nowhere" if port == "probes" else f"{base}/api/v1/nothing"
    problem = (await api.call("GET", where)).json if port != "web" else {"type": type_of(Code.HTTP_NOT_FOUND)}
    described = await api.call("GET", urljoin(where, problem["type"]), headers=PROGRAM)

    assert described.status == 200
    assert described.json == {
        "type": "/problems/http_not_found",
        "code": "HTTP_NOT_FOUND",
        "title": Code.HTTP_NOT_FOUND.title,
        "status": 404,
        "advice": Code.HTTP_NOT_FOUND.advice,
        "retryable": False,
    }


async def test_programs_find_every_code_in_the_catalogue(api: Running) -> None:
    answer = await api.call("GET", TYPES, headers=PROGRAM)

    assert [item["code"] for item in answer.json["items"]] == [code.name for code in Code]
    assert {item["type"] for item in answer.json["items"]} == {type_of(code) for code in Code}


async def test_people_get_a_page_for_every_code(api: Running) -> None:
    index = await api.call("GET", TYPES, headers=PEOPLE)
    for code in Code:
        page = await api.call("GET", type_of(code), headers=PEOPLE)

        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert f"<h1>{code.name}</h1>" in page.text
        assert code.title.replace("'", "&#x27;") in page.text
        assert "`" not in page.text
        assert f'href="{type_of(code)}"' in index.text


async def test_the_pages_carry_the_headers_of_everything_else(api: Running) -> None:
    page = await api.call("GET", type_of(Code.BIZ_NOT_FOUND), headers=PEOPLE)

    assert page.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Vary"] == "Accept"
    assert page.headers["X-Request-ID"]


@pytest.mark.parametrize("code", ["nothing", "__class__", "%3Cscript%3E", "name", "ß"])
async def test_an_unknown_code_is_a_problem_and_never_a_page(api: Running, code: str) -> None:
    answer = await api.call("GET", f"{TYPES}/{code}", headers=PEOPLE)

    assert (answer.status, answer.json["code"]) == (404, "HTTP_NOT_FOUND")
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_error_page_names_its_code_with_a_link(web: Running) -> None:
    page = await web.call("POST", "/login", data={"token": "x"}, headers={"Origin": "https://evil.example"})
    described = await web.call("GET", type_of(Code.AUTH_CROSS_SITE), headers=PEOPLE)

    assert f'<a href="{type_of(Code.AUTH_CROSS_SITE)}">AUTH_CROSS_SITE</a>' in page.text
    assert "AUTH_CROSS_SITE" in described.text


@pytest.fixture
async def roles(postgres: Postgres, database: str, redis_server: Redis, web: Running) -> Any:
    settings = {**postgres.environment(database), **redis_server.environment()}
    async with running("api", settings) as api, running("worker", postgres.environment(database)) as worker:
        yield {"api": api, "worker": worker, "web": web}


@pytest.mark.parametrize("role", ["api", "worker", "web"])
async def test_the_full_report_is_as_the_document_describes_it(roles: dict[str, Running], role: str) -> None:
    body = (await roles[role].probe("/health")).json
    report = HealthReport.model_validate(body, strict=True)

    assert report.role == role
    assert report.dependencies
    assert report.event_loop is not None
    assert report.startup is not None


async def test_outside_only_the_status_is_told(api: Running) -> None:
    assert (await api.call("GET", "/health")).json == {"status": "ok"}


async def test_probes_are_never_limited(postgres: Postgres, database: str) -> None:
    strict = {
        **postgres.environment(database),
        "HASTECRM_RATE_LIMIT_API": "1r/h",
        "HASTECRM_RATE_LIMIT_BURST": "1",
    }
    async with running("api", strict) as api:
        statuses = {(await api.call("GET", "/health/ready", headers=PROGRAM)).status for _ in range(5)}
        limited = [(await api.call("GET", TYPES, headers=PROGRAM)).status for _ in range(3)]
        inside = (await api.call("GET", CONTACTS)).status

    assert statuses == {200}
    assert limited == [200, 429, 429]
    assert inside == 200
