"""The API keeps its OpenAPI document's word, whatever is sent; asked by schemathesis."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import schemathesis
from aiohttp import hdrs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.integration.accounts.clients import ME, account
from tests.integration.application import CONTACTS, TOKEN, Running, running
from tests.integration.model_server import model_server
from tests.integration.servers import Postgres

from hastecrm.core.openapi import PATH
from hastecrm.core.service_contract import OPERATIONS as OF_THE_SERVICE
from hastecrm.features.events.contract import STREAM
from hastecrm.main.contract import OPERATIONS, api_document

EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
]
BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SPOKEN = [
    pytest.param(operation.path, operation.method, id=operation.name)
    for operation in (*OPERATIONS, *OF_THE_SERVICE)
    if operation is not STREAM  # it does not end while schemathesis reads it; test_events.py tries it
]


async def known(api: Running) -> list[str]:
    """Add two contacts, so that some addresses lead somewhere; return their ids."""
    bodies = [{"first_name": "Ada", "email": "ada@example.com"}, {"first_name": "Grace"}]
    return [(await api.call("POST", CONTACTS, json=body)).json["id"] for body in bodies]


@pytest.fixture
async def api(postgres: Postgres, database: str) -> AsyncIterator[Running]:
    """A ready API that takes letters, which nobody sends, and has a model to ask."""
    mail = {"HASTECRM_MAIL_HOST": "127.0.0.1", "HASTECRM_MAIL_FROM": "crm@example.com"}
    public = {"HASTECRM_PUBLIC_URL": "https://crm.example.com"}
    async with model_server() as model:
        settings = {**postgres.environment(database), **mail, **public, **model.settings}
        async with running("api", settings) as program:
            yield program


async def caller(api: Running, sql: Any, path: str) -> tuple[str, list[str]]:
    """Return a token for this address, and ids of what is there: the installation's, or a person's."""
    if not path.startswith(ME):
        return TOKEN, await known(api)
    ada = await account(sql)
    client, *_ = [await ada.signed_in(api) for _ in range(3)]
    others = [each["id"] for each in await client.sessions() if not each["current"]]
    return str(client.tokens["access_token"]), others


def ask(url: str, path: str, method: str, token: str, ids: list[str]) -> int:
    """Send many generated requests and check each answer; return how many were sent."""
    operation = schemathesis.openapi.from_dict(api_document())[path][method]
    generated = st.one_of([operation.as_strategy(generation_mode=mode) for mode in BOTH])
    sent: list[int] = []

    @seed(20_260_101)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=generated, real=st.sampled_from([None, *ids]))
    def probe(case: Any, real: str | None) -> None:
        if real is not None and "{id}" in path:
            case.path_parameters = {**case.path_parameters, "id": real}
        answer = case.call_and_validate(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS, timeout=10
        )
        sent.append(answer.status_code)

    probe()
    return len(sent)


@pytest.mark.parametrize(("path", "method"), SPOKEN)
async def test_the_api_answers_as_documented(api: Running, sql: Any, path: str, method: str) -> None:
    token, ids = await caller(api, sql, path)

    sent = await asyncio.to_thread(ask, api.url, path, method, token, ids)

    described = api_document()["paths"][path][method.lower()]
    # There is but one way to ask for what takes nothing.
    assert sent >= (EXAMPLES // 2 if described["parameters"] or "requestBody" in described else 1)


async def test_the_document_is_served_to_everyone(api: Running) -> None:
    answer = await api.call("GET", PATH, headers={"Authorization": ""})

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == api_document()


async def test_every_address_below_api_is_in_the_document(api: Running) -> None:
    assert api.service.public is not None
    routes = api.service.public.app.router.routes()
    served = {(route.method, route.resource.canonical) for route in routes if route.resource is not None}

    promised = {(operation.method, operation.path) for operation in OPERATIONS}
    below = {pair for pair in served if pair[1].startswith(("/api/", "/graphql"))}
    assert {pair for pair in below if pair[0] != hdrs.METH_HEAD} == promised
