"""Codes that only the language model answers with."""

from tests.integration.application import Answer
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code


@triggers(Code.SYS_AI_UNAVAILABLE)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", f"{await stage.contact()}/summary")
