"""Who may do what to which record: every operation, asked by everyone, compared with the policy.

What is expected comes from `policy.GRANTS` and `visible_owners` alone, and is compared with the answer and
with the database: what was refused changed nothing. Records that one does not see are 404, never 403.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.integration.access.cases import GRAPHQL, REST, Ask, Case
from tests.integration.access.world import ACTORS, ANONYMOUS, Actor, Relation, World, seen_by
from tests.integration.application import Running, running
from tests.integration.model_server import model_server
from tests.integration.servers import Postgres

from hastecrm.core.graphql.contract import PATH as GRAPHQL_PATH
from hastecrm.core.graphql.rights import rights_of
from hastecrm.core.policy import Access, Open, Resource, Right, Verb, allows
from hastecrm.main.contract import OPERATIONS

ONLY_ASK = {"checkErased"}  # by POST, as what they ask about does not belong into an address
UNLIMITED = {"HASTECRM_RATE_LIMIT_API": "off", "HASTECRM_RATE_LIMIT_AUTH": "off"}
# Letters are taken; nobody sends them.
MAIL = {
    "HASTECRM_MAIL_HOST": "127.0.0.1",
    "HASTECRM_MAIL_FROM": "crm@example.com",
    "HASTECRM_PUBLIC_URL": "https://crm.example.com",
}


@dataclass(frozen=True)
class Outcome:
    """How an answer turned out: its status and, for a refusal, its code."""

    status: int
    code: str | None = None


@dataclass(frozen=True)
class Trial:
    """One cell of the matrix."""

    name: str
    access: Access
    case: Case
    actor: Actor
    relation: Relation
    success: int

    @property
    def expected(self) -> Outcome:
        if self.actor is ANONYMOUS and self.access is not Open.PUBLIC:
            return Outcome(401, "AUTH_REQUIRED")
        if isinstance(self.access, Right):
            if self.actor.role is None:
                return Outcome(403, "AUTH_NOT_IN_WORKSPACE")
            if not allows(self.actor.role, self.access):
                return Outcome(403, "AUTH_FORBIDDEN")
        return Outcome(self.success) if self.actor.sees(self.relation) else Outcome(*self.case.unseen)

    @property
    def writes(self) -> bool:
        if isinstance(self.access, Right) and self.access.resource is Resource.AI:
            return False  # a model's text is stored nowhere
        ask = self.case.ask(self.actor, self.relation)
        if ask.path == GRAPHQL_PATH and isinstance(self.access, Right):
            return self.access.verb is not Verb.READ
        return ask.method != "GET" and self.access is not Open.PUBLIC and self.name not in ONLY_ASK

    def __str__(self) -> str:
        return f"{self.actor.name or 'anonymous'}: {self.name} of {self.relation}"


@pytest.fixture
async def world(sql: Any) -> AsyncIterator[World]:
    made = World(sql)
    await made.make()
    yield made
    await sql.execute("DELETE FROM users")


@pytest.fixture
async def api(postgres: Postgres, world: World) -> AsyncIterator[Running]:
    async with model_server() as model:
        environment = {**postgres.environment("shared"), **UNLIMITED, **MAIL, **model.settings}
        async with running("api", environment) as program:
            yield program


def trials(
    name: str, access: Access, cases: Sequence[Case], success: int, actors: Sequence[Actor] = ACTORS
) -> Iterator[Trial]:
    for case in cases:
        for actor in actors:
            for relation in case.relations:
                yield Trial(name, access, case, actor, relation, success)


def rest_trials() -> Iterator[Trial]:
    for operation in OPERATIONS:
        success = operation.replies[0].status
        if operation.name in REST:
            yield from trials(operation.name, operation.access, REST[operation.name], success)
        elif operation.access is not Open.PUBLIC:
            unsigned = Case(lambda *_, at=operation: Ask(at.method, at.path))  # type: ignore[misc]
            yield from trials(operation.name, operation.access, [unsigned], success, [ANONYMOUS])


def graphql_trials(root: type) -> Iterator[Trial]:
    for name, access in rights_of(root).items():
        yield from trials(name, access, GRAPHQL[name], 200)


async def try_out(api: Running, world: World, trial: Trial, http: aiohttp.ClientSession) -> str | None:
    """Send one request; return what is wrong with what came of it, if anything is."""
    before = await world.state() if trial.writes else None
    ask = trial.case.ask(trial.actor, trial.relation)
    async with http.request(
        ask.method, api.url + ask.path, json=ask.body, headers=trial.actor.headers
    ) as answer:
        body = await answer.json() if "json" in answer.content_type else None  # or a file
        outcome = outcome_of(answer.status, body)
    changed = before is not None and before != await world.state()
    if changed:
        await world.make()
    if outcome != trial.expected:
        return f"{trial}: {outcome} instead of {trial.expected}"
    if before is not None and changed != (outcome.code is None):
        return f"{trial}: {outcome}, and the database {'changed' if changed else 'did not change'}"
    return wrongly_shown(trial, body) if outcome.code is None else None


def outcome_of(status: int, body: Any) -> Outcome:
    if status >= 400:
        return Outcome(status, body["code"])
    if isinstance(body, dict) and body.get("errors"):
        told = body["errors"][0]["extensions"]
        return Outcome(told["status"], told["code"])
    return Outcome(status)


def wrongly_shown(trial: Trial, body: Any) -> str | None:
    if trial.case.shown is None:
        return None
    kind = trial.case.what
    shown, seen = trial.case.shown(body), seen_by(trial.actor, kind.name, owned=kind.owned)
    right: object = len(seen) if isinstance(shown, int) else seen
    return None if shown == right else f"{trial}: shown {shown} instead of {right}"


async def walk(api: Running, world: World, every: Sequence[Trial]) -> list[str]:
    async with aiohttp.ClientSession() as http:
        found = [await try_out(api, world, trial, http) for trial in every]
    return [problem for problem in found if problem is not None]


# Each part takes every so many-th trial: together they are all, and none takes minutes.
PARTS = 12


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_operation_answers_everyone_as_the_policy_says(
    api: Running, world: World, part: int
) -> None:
    every = list(rest_trials())

    problems = await walk(api, world, every[part::PARTS])
    assert not problems, "\n".join(problems)
    assert len(every) > 2_000


@pytest.mark.parametrize("part", range(PARTS))
async def test_graphql_answers_everyone_as_the_policy_says(api: Running, world: World, part: int) -> None:
    every = [trial for root in graphql_roots() for trial in graphql_trials(root)]

    problems = await walk(api, world, every[part::PARTS])
    assert not problems, "\n".join(problems)
    assert len(every) > 1_000


def graphql_roots() -> list[type]:
    # The engine is slow to import.
    from tests.integration.served import NOTHING  # noqa: PLC0415

    from hastecrm.core.records.graph.build import graph_of  # noqa: PLC0415
    from hastecrm.main.graphql import roots_of  # noqa: PLC0415

    return [each for root in roots_of(NOTHING, graph_of(NOTHING.records)) for each in root]
