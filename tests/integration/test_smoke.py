"""`hastecrm smoke` against a real API: every step is tried, every failure named, nothing is left behind."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from tests.integration.application import Running, running
from tests.integration.servers import Postgres, free_port
from tests.integration.test_commands import COMMAND, environment, hastecrm

from hastecrm.features.accounts.repository import visitors
from hastecrm.features.accounts.repository.visitors import email_of, new_id

STEPS = ["sign-in", "create-contact", "search-contacts", "update-contact", "delete-contact", "sign-out"]
TABLES = ("users", "workspaces", "memberships", "contacts", "sessions", "audit_log", "sign_in_attempts")


async def smoke(postgres: Postgres, url: str, database: str = "shared") -> tuple[int, dict[str, Any], str]:
    settings = postgres.environment(database)
    done = await asyncio.to_thread(hastecrm, "smoke", url, **settings)
    return done.returncode, json.loads(done.stdout), done.stderr


async def rows(sql: Any) -> Mapping[str, int]:
    return {table: await sql.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608


@asynccontextmanager
async def broken_api(api: Running, path: str, answer: web.Response) -> AsyncIterator[str]:
    """A proxy before a real API that answers one path itself."""

    async def forward(request: web.Request) -> web.Response:
        if request.path.startswith(path):
            return answer
        headers = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
        body = await request.read()
        headers |= {"Content-Type": "application/json"} if body else {}
        async with api.http.request(
            request.method, api.url + request.path_qs, data=body, headers=headers
        ) as response:
            return web.Response(
                status=response.status, body=await response.read(), content_type=response.content_type
            )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_every_step_is_tried_and_nothing_is_left_behind(
    postgres: Postgres, api: Running, sql: Any
) -> None:
    before = await rows(sql)

    code, report, said = await smoke(postgres, api.url)
    assert code == 0, said
    assert [step["name"] for step in report["steps"]] == STEPS
    assert all(step["ms"] > 0 for step in report["steps"])
    assert (report["ok"], report["failed"], report["error"]) == (True, None, None)
    assert await rows(sql) == before


async def test_a_step_that_fails_is_named_with_status_code_and_request(
    postgres: Postgres, api: Running, sql: Any
) -> None:
    before = await rows(sql)
    headers = {"X-Request-ID": "request-of-the-test"}
    answer = web.json_response(
        {"code": "SYS_UNEXPECTED", "detail": "Something went wrong."}, status=500, headers=headers
    )
    async with broken_api(api, "/api/v1/contacts", answer) as url:
        code, report, _ = await smoke(postgres, url)

    assert (code, report["failed"], report["reason"]) == (1, "create-contact", "JourneyFailed")
    assert report["error"] == (
        "create-contact: POST /api/v1/contacts answered 500 instead of 201 "
        "(SYS_UNEXPECTED, request request-of-the-test): Something went wrong."
    )
    assert [step["name"] for step in report["steps"]] == STEPS[:2]
    assert await rows(sql) == before


async def test_an_answer_of_another_form_is_a_failure(postgres: Postgres, api: Running) -> None:
    async with broken_api(api, "/api/v1/auth/login", web.json_response({"tokens": 1})) as url:
        code, report, _ = await smoke(postgres, url)

    assert code == 1
    assert report["error"] == "sign-in: the answer has another form than it should: KeyError('access_token')"


async def test_who_is_told_to_come_back_later_does_so(postgres: Postgres, database: str) -> None:
    settings = {
        **postgres.environment(database),
        "HASTECRM_RATE_LIMIT_API": "2r/s",
        "HASTECRM_RATE_LIMIT_BURST": "1",
    }
    async with running("api", settings) as api:
        code, _, said = await smoke(postgres, api.url)

    assert code == 0, said


async def test_nobody_there_and_no_database_are_told_apart(postgres: Postgres, database: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    code, report, _ = await smoke(postgres, nobody)
    lost = await asyncio.to_thread(
        hastecrm,
        "smoke",
        nobody,
        **{**postgres.environment("shared"), "HASTECRM_DATABASE_PORT": str(free_port())},
    )

    assert (code, report["failed"]) == (1, "sign-in")
    assert "Cannot connect to host" in report["error"]
    assert (lost.returncode, json.loads(lost.stdout)["reason"]) == (1, "DatabaseUnreachable")


async def test_one_that_is_told_to_stop_removes_its_account(
    postgres: Postgres, api: Running, sql: Any
) -> None:
    before, begun = await rows(sql), asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        begun.set()
        await asyncio.sleep(60)
        return web.Response()

    server = web.Application()
    server.router.add_route("*", "/{path:.*}", hang)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "smoke", f"http://127.0.0.1:{port}", env=environment(**postgres.environment("shared"))
    )
    async with asyncio.timeout(20):
        await begun.wait()
        during = await rows(sql)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 1

    assert during["users"] == before["users"] + 1
    assert await rows(sql) == before
    await runner.cleanup()


async def test_what_a_run_that_died_left_behind_goes_with_the_next_one(
    postgres: Postgres, api: Running, sql: Any
) -> None:
    before, old, young = await rows(sql), new_id(), new_id()
    for visitor in (old, young):
        await visitors.add(sql, visitor, "no hash")
    await sql.execute("UPDATE users SET created_at = now() - interval '3 hours' WHERE id = $1", old)
    await sql.execute("INSERT INTO contacts (workspace_id, id, first_name) VALUES ($1, $1, 'Left')", old)

    code, _, said = await smoke(postgres, api.url)
    left = [
        row["email"] for row in await sql.fetch("SELECT email FROM users WHERE email LIKE '%@trial.invalid'")
    ]
    assert code == 0, said
    assert left == [email_of(young)]
    await visitors.remove(sql, young)
    assert await rows(sql) == before


async def test_while_it_runs_nobody_sees_anything_of_it(api: Running, sql: Any) -> None:
    addresses = ("/api/v1/contacts", "/api/v1/contacts/count", "/api/v1/workspace/members", "/api/v1/audit")
    before = [(await api.call("GET", address)).json for address in addresses]
    visitor = new_id()
    await visitors.add(sql, visitor, "no hash")
    await sql.execute("INSERT INTO contacts (workspace_id, id, first_name) VALUES ($1, $1, 'Smoke')", visitor)

    assert [(await api.call("GET", address)).json for address in addresses] == before
    await sql.execute("DELETE FROM contacts")
    await visitors.remove(sql, visitor)
