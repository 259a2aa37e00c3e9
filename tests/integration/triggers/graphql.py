"""Codes that only GraphQL answers with; they stand in `errors[].extensions`."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.application import Answer, running
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


@triggers(Code.VALIDATION_QUERY_NOT_STORED)
async def _(stage: Stage) -> Answer:
    named = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    return await stage.api.call("POST", PATH, json={"extensions": named})


@triggers(Code.VALIDATION_QUERY_NOT_ALLOWED)
async def _(stage: Stage) -> Answer:
    with TemporaryDirectory() as directory:
        file = Path(directory, "queries.json")
        file.write_text(json.dumps({"count": "{contactCount {value}}"}))
        settings = {**stage.environment, "HASTECRM_GRAPHQL_QUERIES": str(file)}
        async with running("api", settings) as api:
            return await api.call("POST", PATH, json={"query": "{contacts {next}}"})
