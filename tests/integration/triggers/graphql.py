"""Codes that only GraphQL answers with; they stand in `errors[].extensions`."""

from tests.integration.application import Answer
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code
from hastecrm.core.graphql.contract import PATH


@triggers(Code.VALIDATION_QUERY)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", PATH, json={"query": "{nothing}"})


@triggers(Code.VALIDATION_QUERY_TOO_COSTLY)
async def _(stage: Stage) -> Answer:
    many = " ".join(f"a{n}: contacts(limit: 100) {{items {{id}}}}" for n in range(30))
    return await stage.api.call("POST", PATH, json={"query": f"{{{many}}}"})
