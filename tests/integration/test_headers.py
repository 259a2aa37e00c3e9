"""Every response of every role carries the security headers and the request id, errors included."""

import pytest
from aiohttp import web as aiohttp_web
from tests.integration.application import CONTACTS, Answer, Running

API_HEADERS = {
    "Server": "hastecrm",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def every_address(application: aiohttp_web.Application) -> set[tuple[str, str]]:
    """Return each method and address that is registered, with an example for what is variable."""
    found = set()
    for route in application.router.routes():
        assert route.resource is not None
        path = route.resource.canonical.replace("{id}", "1").replace("{name}", "style.css")
        found.add((route.method, path))
    return found


async def answers_everywhere(program: Running) -> dict[str, Answer]:
    assert program.service.public is not None
    asked = {}
    for base, application in (
        (program.url, program.service.public.app),
        (program.probes, program.service.probes.app),
    ):
        for method, path in every_address(application) | {("GET", "/nowhere"), ("PUT", "/health")}:
            asked[f"{method} {base}{path}"] = await program.call(method, base + path)
        asked[f"no token {base}"] = await program.call("GET", base + CONTACTS, headers={"Authorization": ""})
    return asked


async def test_every_answer_of_the_api_carries_the_headers(api: Running) -> None:
    answers = await answers_everywhere(api)

    assert len(answers) > 20
    for name, answer in answers.items():
        assert {key: answer.headers.get(key) for key in API_HEADERS} == API_HEADERS, name
        assert answer.headers["X-Request-ID"], name


async def test_every_answer_of_the_web_tier_carries_the_headers(web: Running) -> None:
    answers = await answers_everywhere(web)

    assert len(answers) > 20
    for name, answer in answers.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert "script-src" not in policy, name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Server"] == "hastecrm", name


@pytest.mark.parametrize("given", ["abcdefgh", "A-b.C_1234", "x" * 128])
async def test_a_well_formed_request_id_is_kept(api: Running, given: str) -> None:
    answer = await api.call("GET", CONTACTS, headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "x" * 129, "with blank inside", 'quote"quote', "ünïcödé-id", "a;b;c;d;e"]
)
async def test_any_other_request_id_is_replaced(api: Running, given: str) -> None:
    answer = await api.call("GET", CONTACTS, headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32
