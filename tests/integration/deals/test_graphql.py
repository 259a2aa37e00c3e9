"""Pipelines, boards, moves and timelines over GraphQL: as over REST."""

from typing import Any

from tests.integration.application import Running
from tests.integration.deals.clients import board, deal, sales

CREATE = "mutation($v: PipelineInput!) {createPipeline(values: $v) {id stages {id name probability kind}}}"
CHANGE = (
    "mutation($id: UUID!, $v: PipelineInput!) "
    "{changePipeline(id: $id, values: $v) {version stages {id name}}}"
)
MOVE = "mutation($id: UUID!, $to: MoveInput!) {moveDeal(id: $id, to: $to) {id probability stageId version}}"
BOARD = "query($id: UUID!) {board(pipeline: $id) {cards sums {currency value weightedValue}}}"
TIMELINE = "query($id: UUID!) {dealTimeline(id: $id) {items {kind type} next}}"


async def ask(api: Running, query: str, **variables: Any) -> Any:
    answer = await api.call("POST", "/graphql", json={"query": query, "variables": variables})
    assert answer.status == 200, answer.text
    return answer.json


async def test_pipelines_are_made_changed_deleted_and_shown(api: Running) -> None:
    stages = [{"name": "One", "probability": 5}, {"name": "Won", "probability": 100, "kind": "won"}]
    made = (await ask(api, CREATE, v={"name": "Ours", "stages": stages}))["data"]["createPipeline"]
    assert [(each["name"], each["kind"]) for each in made["stages"]] == [("One", "open"), ("Won", "won")]

    turned = {"stages": [{**made["stages"][0], "name": "First"}, made["stages"][1]]}
    changed = (await ask(api, CHANGE, id=made["id"], v=turned))["data"]["changePipeline"]
    assert [each["id"] for each in changed["stages"]] == [each["id"] for each in made["stages"]]
    assert (changed["version"], changed["stages"][0]["name"]) == (2, "First")
    listed = (await ask(api, "{pipelines {name}}"))["data"]["pipelines"]
    assert [each["name"] for each in listed] == ["Sales", "Ours"]
    await ask(api, "mutation($id: UUID!) {deletePipeline(id: $id)}", id=made["id"])
    gone = await ask(api, "query($id: UUID!) {pipeline(id: $id) {id}}", id=made["id"])
    assert gone["errors"][0]["extensions"]["code"] == "BIZ_NOT_FOUND"


async def test_a_deal_is_moved_and_the_board_shows_it_as_over_rest(api: Running) -> None:
    pipeline, made = await sales(api), await deal(api, value="10")

    answer = await ask(api, MOVE, id=made["id"], to={"stageId": pipeline["stages"][2]["id"]})
    assert answer["data"]["moveDeal"]["probability"] == 50
    refused = await ask(api, MOVE, id=made["id"], to={"stageId": pipeline["stages"][4]["id"]})
    assert refused["errors"][0]["extensions"]["errors"][0]["pointer"] == "/won_reason"
    columns = (await ask(api, BOARD, id=pipeline["id"]))["data"]["board"]
    assert [each["cards"] for each in columns] == [each["cards"] for each in await board(api, pipeline)]
    assert columns[2]["sums"] == [{"currency": "USD", "value": "10.00", "weightedValue": "5.00"}]
    items = (await ask(api, TIMELINE, id=made["id"]))["data"]["dealTimeline"]["items"]
    assert items == [{"kind": "transition", "type": "open"}]
