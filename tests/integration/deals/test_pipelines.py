"""Pipelines and their stages through REST, on a real database."""

from typing import Any
from uuid import uuid4

from tests.integration.application import Answer, Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.features.pipelines.domain import DEFAULT_STAGES, PipelineType

PIPELINES = "/api/v1/pipelines"
ADD_DEAL = (
    "INSERT INTO deals (id, workspace_id, pipeline_id, stage_id, title, position, deleted_at) "
    "SELECT gen_random_uuid(), workspace_id, pipeline_id, id, 'A deal', 'a', $2 FROM stages WHERE id = $1"
)


async def create(api: Running, **values: Any) -> Any:
    answer = await api.call("POST", PIPELINES, json={"name": "Ours", **values})
    assert answer.status == 201, answer.text
    return answer.json


async def change(api: Running, pipeline: Any, **values: Any) -> Answer:
    return await api.call("PATCH", f"{PIPELINES}/{pipeline['id']}", json=values)


def told(pipeline: Any) -> list[tuple[str, int, str]]:
    return [(stage["name"], stage["probability"], stage["kind"]) for stage in pipeline["stages"]]


async def test_every_workspace_begins_with_the_pipeline_that_sales_have(api: Running, sql: Any) -> None:
    [pipeline] = (await api.call("GET", PIPELINES)).json["items"]

    wanted = [(each.name, each.probability, each.kind) for each in DEFAULT_STAGES[PipelineType.SALES]]
    assert told(pipeline) == wanted
    assert (pipeline["name"], pipeline["is_default"]) == ("Sales", True)
    await sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Second')", uuid4())
    assert await sql.fetchval("SELECT count(DISTINCT workspace_id) FROM stages") == 2


async def test_a_pipeline_gets_the_stages_of_its_type_unless_others_are_sent(api: Running) -> None:
    for number, kind in enumerate(PipelineType):
        pipeline = await create(api, name=f"Pipeline {number}", type=kind)

        assert told(pipeline) == [(each.name, each.probability, each.kind) for each in DEFAULT_STAGES[kind]]
    own = [{"name": "One", "probability": 5}, {"name": "Gone", "probability": 0, "kind": "lost"}]
    assert told(await create(api, stages=own)) == [("One", 5, "open"), ("Gone", 0, "lost")]


async def test_a_name_is_one_pipelines_and_a_stages_name_one_stages(api: Running) -> None:
    pipeline = await create(api)

    again = await api.call("POST", PIPELINES, json={"name": "OURS"})
    assert (again.status, again.json["errors"][0]["pointer"]) == (409, "/name")
    first, second, *rest = pipeline["stages"]
    twice = await change(api, pipeline, stages=[first, {**second, "name": first["name"].upper()}, *rest])
    assert (twice.status, twice.json["errors"][0]["pointer"]) == (422, "/stages/1/name")


async def test_stages_are_ordered_renamed_added_and_taken_out_at_once(api: Running) -> None:
    pipeline = await create(api, type="custom")
    one, two, three, four = pipeline["stages"]

    swapped = [{**two, "name": one["name"]}, {**one, "name": two["name"]}]
    wanted = [*swapped, {"name": "Stage 3", "probability": 70}, four]
    answer = await change(api, pipeline, stages=wanted)
    assert told(answer.json)[:2] == [("Stage 1", 33, "open"), ("Stage 2", 0, "open")]
    assert [stage["id"] for stage in answer.json["stages"]][:2] == [two["id"], one["id"]]
    assert three["id"] not in answer.text
    assert answer.json["version"] == 2


async def test_sending_back_what_was_shown_changes_nothing(api: Running) -> None:
    pipeline = await create(api)

    answer = await change(api, pipeline, name=pipeline["name"], stages=pipeline["stages"])
    assert answer.json == pipeline


async def test_a_stage_with_deals_stays_and_stays_what_it_is(api: Running, sql: Any) -> None:
    pipeline = await create(api)
    first, *rest = pipeline["stages"]
    await sql.execute(ADD_DEAL, first["id"], None)

    gone = await change(api, pipeline, stages=rest)
    lost = await change(api, pipeline, stages=[{**first, "kind": "lost"}, *rest])
    assert (
        (gone.status, gone.json["code"]) == (lost.status, lost.json["code"]) == (409, "BIZ_STAGE_NOT_EMPTY")
    )
    assert gone.json["detail"] == "One deal is in the stage Lead: move them to another stage first."
    assert (await change(api, pipeline, stages=[*rest, first])).status == 200


async def test_a_stage_whose_deals_are_in_the_trash_goes_and_they_could_come_back(
    api: Running, sql: Any
) -> None:
    pipeline = await create(api)
    first, *rest = pipeline["stages"]
    await sql.execute(ADD_DEAL, first["id"], await sql.fetchval("SELECT now()"))

    assert (await change(api, pipeline, stages=rest)).status == 200
    assert str(await sql.fetchval("SELECT stage_id FROM deals")) == rest[0]["id"]


async def test_deals_that_the_admin_does_not_see_keep_a_stage_too(api: Running, sql: Any) -> None:
    pipeline = await create(api)
    first, *rest = pipeline["stages"]
    await sql.execute(ADD_DEAL, first["id"], None)
    narrow = await person(sql, "Ann", Role.ADMIN, Visibility.OWN)

    answer = await narrow.call(api, "PATCH", f"{PIPELINES}/{pipeline['id']}", json={"stages": rest})
    assert answer.json["code"] == "BIZ_STAGE_NOT_EMPTY"


async def test_there_is_always_one_default_pipeline(api: Running) -> None:
    [sales] = (await api.call("GET", PIPELINES)).json["items"]
    other = await create(api)

    refused = [
        await change(api, sales, is_default=False),
        await api.call("DELETE", f"{PIPELINES}/{sales['id']}"),
    ]
    assert [answer.json["code"] for answer in refused] == ["BIZ_DEFAULT_PIPELINE"] * 2
    assert (await change(api, other, is_default=True)).json["is_default"]
    shown = (await api.call("GET", PIPELINES)).json["items"]
    assert [(each["name"], each["is_default"]) for each in shown] == [("Ours", True), ("Sales", False)]


async def test_a_pipeline_with_deals_goes_into_the_trash_and_comes_back(api: Running, sql: Any) -> None:
    kept, dropped = await create(api), await create(api, name="Never used")
    await sql.execute(ADD_DEAL, kept["stages"][0]["id"], None)

    for pipeline in (kept, dropped):
        assert (await api.call("DELETE", f"{PIPELINES}/{pipeline['id']}")).status == 204
        assert (await api.call("GET", f"{PIPELINES}/{pipeline['id']}")).status == 404
    trash = (await api.call("GET", f"{PIPELINES}?trashed=true")).json["items"]
    assert [pipeline["id"] for pipeline in trash] == [kept["id"]]
    restored = await api.call("POST", f"{PIPELINES}/{kept['id']}/restore")
    assert told(restored.json) == told(kept)
    assert (await api.call("GET", f"{PIPELINES}/{kept['id']}")).json == restored.json


async def test_a_change_based_on_an_old_state_is_refused(api: Running) -> None:
    pipeline = await create(api)
    await change(api, pipeline, name="First")

    path, late = f"{PIPELINES}/{pipeline['id']}", {"If-Match": '"1"'}
    answers = [
        await api.call("PATCH", path, json={"name": "Second"}, headers=late),
        await api.call("DELETE", path, headers=late),
    ]
    assert [(each.status, each.headers["ETag"]) for each in answers] == [(412, '"2"')] * 2


async def test_each_change_is_in_the_audit_log(api: Running, sql: Any) -> None:
    pipeline = await create(api)
    await change(api, pipeline, name="Theirs")
    await api.call("DELETE", f"{PIPELINES}/{pipeline['id']}")

    rows = await sql.fetch(
        "SELECT action FROM audit_log WHERE workspace_id = $1 ORDER BY id", DEFAULT_WORKSPACE
    )
    assert [row[0] for row in rows] == ["pipeline.created", "pipeline.changed", "pipeline.deleted"]


async def test_a_pipeline_is_made_once_under_a_key(api: Running) -> None:
    options: dict[str, Any] = {"json": {"name": "Ours"}, "headers": {"Idempotency-Key": "make-ours-once"}}
    first, second = [await api.call("POST", PIPELINES, **options) for _ in range(2)]

    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
