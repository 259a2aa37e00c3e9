"""What is promised about logs: one line says who did what, where, and how it ended."""

from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.integration.accounts.clients import account
from tests.integration.application import CONTACTS, Running

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE


async def test_a_line_names_the_person_the_workspace_and_what_became_of_the_request(
    api: Running, sql: Any
) -> None:
    ada = await account(sql, "Ada")
    token = (await ada.signed_in(api)).tokens["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "a-request-of-ada"}
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await api.call("GET", f"{CONTACTS}?limit=1", headers=headers)

    [line] = [line for line in lines if line["event"] == "request"]
    assert answer.status == 200
    assert (str(line["user"]), str(line["workspace"])) == (str(ada.id), str(DEFAULT_WORKSPACE))
    assert (line["request_id"], line["route"], line["status"]) == ("a-request-of-ada", CONTACTS, 200)
    assert line["duration_ms"] > 0


async def test_a_graphql_line_names_the_operation_and_its_type(api: Running) -> None:
    asked = "query Newest { contacts { items { id } } }"
    with capture_logs() as lines:
        await api.call("POST", "/graphql", json={"query": asked})

    [line] = [line for line in lines if line["event"] == "graphql"]
    assert (line["operation"], line["type"], line["codes"]) == ("Newest", "query", [])
