"""What tests of deals ask for again and again."""

from typing import Any

from tests.integration.application import Answer, Running

PIPELINES = "/api/v1/pipelines"
DEALS = "/api/v1/deals"


async def sales(api: Running) -> Any:
    """The default pipeline."""
    return (await api.call("GET", PIPELINES)).json["items"][0]


async def deal(api: Running, **values: Any) -> Any:
    """Make a deal."""
    answer = await api.call("POST", DEALS, json={"title": "Coffee", **values})
    assert answer.status == 201, answer.text
    return answer.json


async def move(api: Running, one: Any, stage: Any, headers: Any = None, **values: Any) -> Answer:
    """Move a deal into a stage."""
    body = {"stage_id": stage["id"], **values}
    return await api.call("POST", f"{DEALS}/{one['id']}/move", json=body, headers=headers or {})


async def board(api: Running, pipeline: Any, query: str = "") -> Any:
    """The columns of a board."""
    answer = await api.call("GET", f"{PIPELINES}/{pipeline['id']}/board{query}")
    assert answer.status == 200, answer.text
    return answer.json["columns"]


async def titles(api: Running, pipeline: Any, column: int = 0) -> list[str]:
    """The titles of a column's cards, from the top."""
    return [card["title"] for card in (await board(api, pipeline))[column]["cards"]]
