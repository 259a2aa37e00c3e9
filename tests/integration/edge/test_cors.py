"""Which sites' scripts may call the API."""

from collections.abc import AsyncIterator

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres
from tests.unit.app.test_settings import API, environment, load, mistakes

__all__ = ["environment"]
FRIEND, STRANGER = "https://app.example.com", "https://evil.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
async def shared(postgres: Postgres, database: str) -> AsyncIterator[Running]:
    """An API that one other site may call."""
    origins = {"HASTECRM_CORS_ORIGINS": f"{FRIEND}, http://localhost:3000"}
    async with running("api", {**postgres.environment(database), **origins}) as program:
        yield program


async def test_a_friends_script_is_told_what_it_may_do_before_it_needs_a_token(shared: Running) -> None:
    answer = await shared.call(
        "OPTIONS", CONTACTS, headers={"Origin": FRIEND, **PREFLIGHT, "Authorization": ""}
    )

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "If-Match"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("authorization", [{}, {"Authorization": ""}], ids=["answers", "errors"])
async def test_a_friends_script_may_read(shared: Running, authorization: dict[str, str]) -> None:
    answer = await shared.call("GET", CONTACTS, headers={"Origin": FRIEND, **authorization})

    assert answer.status == (401 if authorization else 200)
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    readable = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Retry-After", "X-Request-ID", "RateLimit-Remaining"} <= readable
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
        f"{FRIEND}, {STRANGER}",
        "",
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
async def test_any_other_origin_is_told_nothing(shared: Running, method: str, origin: str) -> None:
    answer = await shared.call(method, CONTACTS, headers={"Origin": origin, **PREFLIGHT})

    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
    assert "Origin" in answer.headers["Vary"]


async def test_without_the_setting_no_site_may_call(api: Running) -> None:
    answer = await api.call("OPTIONS", CONTACTS, headers={"Origin": FRIEND, **PREFLIGHT})

    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_origins_are_written_as_browsers_send_them(environment: pytest.MonkeyPatch) -> None:
    value = "https://APP.example.com:443/, http://localhost:3000,http://[::1]:80"
    settings = load(environment, "api", **API, HASTECRM_CORS_ORIGINS=value)

    assert settings.cors_origins == ("https://app.example.com", "http://localhost:3000", "http://[::1]")


@pytest.mark.parametrize(
    "value",
    ["*", "null", "https://*.example.com", "app.example.com", "https://a.example/x", "ftp://a.example",
     "https://a.example?x", "https://u@a.example", "https://ä.example", "https://a.example,*"],
)  # fmt: skip
def test_patterns_and_what_is_no_origin_are_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    lines = mistakes(environment, "api", **API, HASTECRM_CORS_ORIGINS=value)

    assert len(lines) == 1
    assert lines[0].startswith("HASTECRM_CORS_ORIGINS: must ")
