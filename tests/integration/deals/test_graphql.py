"""Pipelines, boards, moves and timelines over GraphQL: as over REST."""

from datetime import datetime
from typing import Any

from tests.integration.access.cases import to_camel
from tests.integration.application import Running
from tests.integration.deals.clients import board, deal, sales

CREATE = "mutation($v: PipelineInput!) {createPipeline(values: $v) {id stages {id name probability kind}}}"
CHANGE = (
    "mutation($id: UUID!, $v: PipelineInput!) "
    "{changePipeline(id: $id, values: $v) {version stages {id name}}}"
)
MOVE = "mutation($id: UUID!, $to: MoveInput!) {moveDeal(id: $id, to: $to) {id probability stageId version}}"
CARD = "id title value currency probability closeDate companyId ownerId tags stageEnteredAt position version"
BOARD = (
    f"query($id: UUID!) {{board(pipeline: $id) {{cards {{{CARD}}} sums {{currency value weightedValue}}}}}}"
)
WHOLE = """query($id: UUID!) {deal(id: $id) {stage {name kind} people {id firstName isPrimary}
    transitions(limit: 1) {items {toStageId status secondsInStage} next}}}"""
PUT = """mutation($id: UUID!, $contact: UUID!, $is: Boolean!) {
    putDealContact(id: $id, contact: $contact, isPrimary: $is) {firstName isPrimary}}"""
REMOVE = "mutation($id: UUID!, $c: UUID!) {removeDealContact(id: $id, contact: $c) {firstName isPrimary}}"
TIMELINE = "query($id: UUID!) {dealTimeline(id: $id) {items {kind type} next}}"


async def ask(api: Running, query: str, **variables: Any) -> Any:
    answer = await api.call("POST", "/graphql", json={"query": query, "variables": variables})
    assert answer.status == 200, answer.text
    return answer.json


def as_graph(card: Any) -> Any:
    """A card of REST as GraphQL names it."""
    return in_time({to_camel(name): value for name, value in card.items()})


def in_time(card: Any) -> Any:
    return {**card, "stageEnteredAt": datetime.fromisoformat(card["stageEnteredAt"])}


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
    over_rest = [[as_graph(card) for card in each["cards"]] for each in await board(api, pipeline)]
    assert [[in_time(card) for card in each["cards"]] for each in columns] == over_rest
    assert columns[2]["sums"] == [{"currency": "USD", "value": "10.00", "weightedValue": "5.00"}]
    items = (await ask(api, TIMELINE, id=made["id"]))["data"]["dealTimeline"]["items"]
    assert items == [{"kind": "transition", "type": "open"}]


async def test_cards_with_and_without_all_that_a_deal_may_have_are_typed(api: Running) -> None:
    pipeline = await sales(api)
    company = await api.call("POST", "/api/v1/companies", json={"name": "Acme"})
    tag = await api.call("POST", "/api/v1/tags", json={"name": "hot"})
    full = {"company_id": company.json["id"], "tags": [tag.json["id"]], "close_date": "2027-03-31"}
    await deal(api, title="Bare")
    await deal(api, title="Full", **full)

    cards = (await ask(api, BOARD, id=pipeline["id"]))["data"]["board"][0]["cards"]

    over_rest = (await board(api, pipeline))[0]["cards"]
    assert [in_time(card) for card in cards] == [as_graph(card) for card in over_rest]
    assert [card["closeDate"] for card in cards] == ["2027-03-31", None]


async def test_a_deal_tells_its_stage_its_people_and_its_way(api: Running) -> None:
    pipeline, made = await sales(api), await deal(api)
    stages = pipeline["stages"]
    for number in (1, 2):
        await ask(api, MOVE, id=made["id"], to={"stageId": stages[number]["id"]})
    people = [
        (await api.call("POST", "/api/v1/contacts", json={"first_name": name})).json["id"]
        for name in ("Ada", "Bob")
    ]
    for contact in people:
        await ask(api, PUT, id=made["id"], contact=contact, **{"is": False})

    found = (await ask(api, WHOLE, id=made["id"]))["data"]["deal"]

    assert found["stage"] == {"name": stages[2]["name"], "kind": "open"}
    assert [(each["firstName"], each["isPrimary"]) for each in found["people"]] == [
        ("Ada", True),
        ("Bob", False),
    ]
    assert [each["toStageId"] for each in found["transitions"]["items"]] == [stages[2]["id"]]
    rest = """query($id: UUID!, $c: String) {deal(id: $id) {
        transitions(cursor: $c) {items {toStageId} next}}}"""
    after = (await ask(api, rest, id=made["id"], c=found["transitions"]["next"]))["data"]["deal"]
    assert after["transitions"] == {"items": [{"toStageId": stages[1]["id"]}], "next": None}


async def test_people_are_put_into_a_deal_and_taken_out(api: Running) -> None:
    made = await deal(api)
    ada, bob = [
        (await api.call("POST", "/api/v1/contacts", json={"first_name": name})).json["id"]
        for name in ("Ada", "Bob")
    ]
    await ask(api, PUT, id=made["id"], contact=ada, **{"is": False})

    both = await ask(api, PUT, id=made["id"], contact=bob, **{"is": True})
    one = await ask(api, REMOVE, id=made["id"], c=bob)
    again = await ask(api, REMOVE, id=made["id"], c=bob)

    shown = [("Bob", True), ("Ada", False)]
    assert [(each["firstName"], each["isPrimary"]) for each in both["data"]["putDealContact"]] == shown
    assert one["data"]["removeDealContact"] == [{"firstName": "Ada", "isPrimary": True}]
    assert again["errors"][0]["extensions"]["code"] == "BIZ_NOT_FOUND"
