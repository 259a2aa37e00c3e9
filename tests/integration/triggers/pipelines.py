"""Codes of pipelines and deals."""

from uuid import uuid4

from tests.integration.application import Answer
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code

PIPELINES = "/api/v1/pipelines"


@triggers(Code.BIZ_STAGE_NOT_EMPTY)
async def _(stage: Stage) -> Answer:
    [pipeline] = (await stage.api.call("GET", PIPELINES)).json["items"]
    first, *rest = pipeline["stages"]
    await stage.sql.execute(
        "INSERT INTO deals (id, workspace_id, pipeline_id, stage_id, title, position) "
        "SELECT $1, workspace_id, pipeline_id, id, 'A deal', 'a' FROM stages WHERE id = $2",
        uuid4(),
        first["id"],
    )
    return await stage.api.call("PATCH", f"{PIPELINES}/{pipeline['id']}", json={"stages": rest})


@triggers(Code.BIZ_DEFAULT_PIPELINE)
async def _(stage: Stage) -> Answer:
    [pipeline] = (await stage.api.call("GET", PIPELINES)).json["items"]
    return await stage.api.call("DELETE", f"{PIPELINES}/{pipeline['id']}")
