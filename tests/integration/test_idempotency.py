"""POSTs that are sent again, at once or after whatever went wrong: one contact, one answer."""

import asyncio
import signal
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import aiohttp
import pytest
from tests.integration.access.world import required
from tests.integration.application import CONTACTS, TOKEN, Answer, Running, running
from tests.integration.processes import role_process
from tests.integration.servers import Postgres
from tests.integration.tcp_proxy import proxied
from tests.integration.triggers.identity import SOMEONE
from tests.integration.triggers.resilience import refusing
from tests.integration.triggers.stage import Stage

from hastecrm.core.authentication import Authenticator
from hastecrm.core.clock import utc_now
from hastecrm.core.idempotency import KEPT_FOR, PurgeKeys
from hastecrm.core.identity import Principal, Role
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.main.contract import OPERATIONS
from hastecrm.main.kinds import KINDS

DAWDLING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)
ADA = {"first_name": "Ada", "email": "ada@example.com"}


async def post(api: Running, key: str, body: Mapping[str, str] = ADA) -> Answer:
    return await api.call("POST", CONTACTS, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def key() -> str:
    return str(uuid4())


async def contacts(sql: Any) -> int:
    counted: int = await sql.fetchval("SELECT count(*) FROM contacts")
    return counted


async def test_the_same_request_gets_the_same_answer(api: Running, sql: Any, key: str) -> None:
    first, second = await post(api, key), await post(api, key)

    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    for header in ("Location", "ETag", "Content-Type"):
        assert first.headers[header] == second.headers[header]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    assert await contacts(sql) == 1


async def test_the_answer_stays_the_first_one_whatever_became_of_the_contact(api: Running, key: str) -> None:
    first = await post(api, key)
    await api.call("DELETE", first.headers["Location"])
    second = await post(api, key)

    assert (second.status, second.body) == (201, first.body)


def examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    bodies = {f"create{kind.type_name}": required(kind) for kind in KINDS}
    bodies |= {"createContact": ADA, "createTeam": {"name": "North"}, "createPipeline": {"name": "New"}}
    bodies |= {"importContacts": {"csv": "first_name\nAda"}, "importCompanies": {"csv": "name\nAcme"}}
    for operation in OPERATIONS:
        if operation.idempotent and "{" not in operation.path:  # moves of deals: deals/test_moves.py
            yield operation.name, operation.path, bodies[operation.name]


@pytest.mark.parametrize(("name", "path", "body"), list(examples()), ids=str)
async def test_every_operation_that_takes_a_key_keeps_its_word(
    api: Running, key: str, name: str, path: str, body: dict[str, Any]
) -> None:
    request = {"json": body, "headers": {"Idempotency-Key": key}}
    answers = [await api.call("POST", path, **request) for _ in range(2)]
    free = next(
        field for field in ("csv", "title", "name", "label", "first_name", "text", "body") if field in body
    )
    changed = {**body, free: body[free] + "x"}
    other = await api.call("POST", path, json=changed, headers=request["headers"])

    assert {answer.status for answer in answers} == {200 if "csv" in body else 201}, name
    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert other.json["code"] == "BIZ_IDEMPOTENCY_KEY_REUSED"


async def test_a_key_that_was_used_for_something_else_is_refused(api: Running, sql: Any, key: str) -> None:
    await post(api, key)
    other = await post(api, key, {"first_name": "Eve"})

    assert (other.status, other.json["code"]) == (422, "BIZ_IDEMPOTENCY_KEY_REUSED")
    assert await contacts(sql) == 1


async def test_twenty_at_once_make_one_contact(api: Running, sql: Any, key: str) -> None:
    answers = await asyncio.gather(*(post(api, key) for _ in range(20)))
    made = [answer for answer in answers if answer.status == 201]
    waiting = [answer for answer in answers if answer.status != 201]

    assert await contacts(sql) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
    assert len({answer.body for answer in made}) == 1
    assert {answer.json["code"] for answer in waiting} <= {"BIZ_IDEMPOTENCY_IN_PROGRESS"}
    assert {answer.headers["Retry-After"] for answer in waiting} <= {"1"}
    assert (await post(api, key)).body == made[0].body


async def test_without_a_key_every_request_counts(api: Running, sql: Any) -> None:
    for _ in range(2):
        await api.call("POST", CONTACTS, json={"first_name": "Ada"})

    assert await contacts(sql) == 2


async def test_failures_of_ours_are_not_kept(
    api: Running, sql: Any, postgres: Postgres, database: str, key: str
) -> None:
    async with refusing(Stage(api, sql, postgres.environment(database)), "40001"):
        failed = await post(api, key)
    worked = await post(api, key)

    assert (failed.status, worked.status) == (503, 201)
    assert "Idempotency-Replayed" not in worked.headers


async def test_a_refusal_changed_nothing_and_is_weighed_again(api: Running, sql: Any, key: str) -> None:
    taken = await post(api, str(uuid4()))
    refused = await post(api, key)
    await api.call("DELETE", taken.headers["Location"])
    worked = await post(api, key)

    assert (refused.status, worked.status) == (409, 201)


async def test_a_key_belongs_to_whoever_sent_it(api: Running, sql: Any, key: str) -> None:
    await sql.execute("INSERT INTO users (id, email, name) VALUES ($1, 'eve@example.com', 'Eve')", SOMEONE)
    add_member = "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'member')"
    await sql.execute(add_member, DEFAULT_WORKSPACE, SOMEONE)
    first = await post(api, key, {"first_name": "Ada"})
    eve = Principal(DEFAULT_WORKSPACE, Role.MEMBER, SOMEONE, SOMEONE, owners=(SOMEONE,))
    with mock.patch.object(Authenticator, "principal", return_value=eve):
        second = await post(api, key, {"first_name": "Eve"})

    assert (first.status, second.status) == (201, 201)
    assert await contacts(sql) == 2


@pytest.mark.parametrize("bad", ["short", "x" * 129, "with space", "quote'--------"])
async def test_what_is_no_key_is_refused(api: Running, bad: str) -> None:
    answer = await post(api, bad)

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert answer.json["errors"] == [{"parameter": "Idempotency-Key", "detail": "is not a key"}]


async def test_answers_are_forgotten_after_a_day(api: Running, sql: Any, key: str) -> None:
    await sql.execute("TRUNCATE idempotency_keys")
    await post(api, key)
    now = utc_now()
    early = await PurgeKeys(lambda: now + KEPT_FOR - timedelta(minutes=5))(sql)
    late = await PurgeKeys(lambda: now + KEPT_FOR + timedelta(minutes=5))(sql)

    assert (early, late) == (0, 1)


async def slow_step(sql: Any, *, in_commit: bool) -> None:
    """Let keeping an answer take a while: in its statement, or only in the commit that follows."""
    await sql.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$"
    )
    kind = "CONSTRAINT TRIGGER dawdle AFTER" if in_commit else "TRIGGER dawdle BEFORE"
    when = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW" if in_commit else "FOR EACH ROW"
    await sql.execute(f"CREATE {kind} INSERT ON idempotency_keys {when} EXECUTE FUNCTION dawdle()")


async def until_dawdling(sql: Any) -> None:
    async with asyncio.timeout(10):
        while not await sql.fetchval(DAWDLING):
            await asyncio.sleep(0.01)


async def until_settled(sql: Any) -> None:
    async with asyncio.timeout(10):
        while await sql.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("in_commit", [False, True], ids=["before-the-commit", "in-the-commit"])
async def test_a_process_that_dies_leaves_one_contact_and_one_answer(
    postgres: Postgres, own_database: str, own_sql: Any, key: str, in_commit: bool
) -> None:
    await slow_step(own_sql, in_commit=in_commit)
    environment = postgres.environment(own_database)
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key}
    async with role_process("api", environment) as first, aiohttp.ClientSession(headers=headers) as http:
        lost = asyncio.create_task(http.post(first.url + CONTACTS, json=ADA))
        await until_dawdling(own_sql)
        first.signal(signal.SIGKILL)
        with pytest.raises(aiohttp.ClientError):
            await lost
    await until_settled(own_sql)
    survived = await contacts(own_sql)
    await own_sql.execute("DROP FUNCTION dawdle CASCADE")
    async with running("api", environment) as second:
        answer, again = await post(second, key), await post(second, key)

    assert survived == (1 if in_commit else 0)
    assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, "true" if in_commit else None)
    assert (again.status, again.body) == (201, answer.body)
    assert await contacts(own_sql) == 1


async def test_a_connection_that_breaks_in_the_commit_is_no_reason_to_add_twice(
    postgres: Postgres, own_database: str, own_sql: Any, key: str
) -> None:
    await slow_step(own_sql, in_commit=True)
    async with proxied(postgres.port) as proxy:
        through = {**postgres.environment(own_database), "HASTECRM_DATABASE_PORT": str(proxy.port)}
        async with running("api", through) as api:
            asked = asyncio.create_task(post(api, key))
            await until_dawdling(own_sql)
            proxy.cut()
            first = await asked
            await until_settled(own_sql)
            second = await post(api, key)

    # The break was noticed while PostgreSQL still committed: the server's own second try found it running.
    assert first.status in {201, 409}
    assert (second.status, second.headers["Idempotency-Replayed"]) == (201, "true")
    assert await contacts(own_sql) == 1
