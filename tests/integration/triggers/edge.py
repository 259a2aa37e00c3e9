"""Codes that answer those who ask too much, too often or too slowly."""

from tests.integration.application import CONTACTS, Answer, running
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code


@triggers(Code.HTTP_RATE_LIMITED)
async def _(stage: Stage) -> Answer:
    few = {"HASTECRM_RATE_LIMIT_API": "1r/h", "HASTECRM_RATE_LIMIT_BURST": "1"}
    async with running("api", {**stage.environment, **few}) as api:
        for _ in range(2):
            answer = await api.call("GET", CONTACTS, headers={"Authorization": ""})
    return answer


@triggers(Code.HTTP_HEADERS_TOO_LARGE)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", CONTACTS, headers={"X-Large": "x" * 8200})


@triggers(Code.SYS_TIMEOUT)
async def _(stage: Stage) -> Answer:
    return await stage.while_locked(HASTECRM_REQUEST_TIMEOUT="200ms")
