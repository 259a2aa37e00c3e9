"""What is promised about load: few statements, short walks, and a breaker around whatever is remote."""

import ast
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.integration.application import CONTACTS, Running, running
from tests.integration.promises.conftest import Counted
from tests.integration.servers import Postgres, Redis, free_port

from hastecrm.core.records.listing import COUNT_CAP
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

APP = Path(__file__).resolve().parents[3] / "app" / "hastecrm"
# Modules with which a program can reach another one.
CLIENTS = {
    "aiosmtplib",
    "redis",
    "opentelemetry.exporter",
    "smtplib",
    "urllib.request",
    "http.client",
    "httpx",
    "requests",
    "authlib",
}
OPENERS = ("ClientSession", "asyncpg.connect", "asyncpg.create_pool", "open_connection", "create_connection")
# Who opens connections, and what stands around each of them.
OUTGOING = {
    "core/redis_store.py": "breaker of core/cache.py",
    "core/mail.py": "breaker of core/remote.py",
    "core/outbound.py": "a time limit for each call; a receiver of webhooks is left alone while it fails",
    "features/openid/client.py": "breaker of core/remote.py",
    "web/api_client.py": "breaker of its own",
    "core/otel.py": "a queue of bounded length that drops spans",
    "core/database.py": "a bounded pool, a bounded queue and a background check; no breaker",
    "core/jobs/doorbell.py": "tried again by itself after a pause; jobs are found without it",
    "dumps/s3.py": "part of commands that end; each request is tried again for half a minute",
    "restores/server.py": "part of commands that end",
    "main/jobs.py": "a command that ends",
    "main/demo.py": "a command that ends",
    "core/migrator.py": "a command that ends",
    "main/analysis.py": "a command that ends",
    "main/migrate.py": "a command that ends",
    "main/smoke.py": "a command that ends",
    "main/visits.py": "a command that ends",
    "main/check_connections.py": "a command that ends",
    "core/connection_check/database.py": "a command that ends",
    "core/connection_check/redis.py": "a command that ends",
    "core/connection_check/reasons.py": "names the errors of the two",
}


async def add(counted: Counted) -> str:
    answer = await counted.api.call("POST", CONTACTS, json={"first_name": "Ada", "last_name": f"{uuid4()}"})
    assert answer.status == 201
    return str(answer.json["id"])


async def test_a_screen_costs_one_statement(counted: Counted) -> None:
    contact = await add(counted)
    found = {}
    for path in (CONTACTS, f"{CONTACTS}?limit=100", f"{CONTACTS}/{contact}", f"{CONTACTS}/count"):
        found[path] = await counted.statements(lambda path=path: counted.api.call("GET", path))  # type: ignore[misc]

    assert {path: each for path, each in found.items() if list(each.values()) != [1.0]} == {}


async def test_no_page_and_no_count_walks_past_its_end(counted: Counted) -> None:
    await counted.sql.execute(
        "INSERT INTO contacts (workspace_id, id, first_name) "
        "SELECT $1, gen_random_uuid(), 'Many' FROM generate_series(1, $2::int)",
        DEFAULT_WORKSPACE,
        3 * COUNT_CAP,
    )
    await counted.sql.execute("ANALYZE contacts")
    page = await rows_touched(counted, f"{CONTACTS}?limit=50")
    count = await rows_touched(counted, f"{CONTACTS}/count")

    assert page <= 51
    assert count <= COUNT_CAP + 1


async def rows_touched(counted: Counted, path: str) -> int:
    """Return how many rows the plan of a request's statement really visits, as PostgreSQL tells it."""
    [statement] = await counted.statements(lambda: counted.api.call("GET", path))
    limit = re.search(r"limit=(\d+)", path)
    values = [DEFAULT_WORKSPACE, int(limit[1]) + 1] if limit else [DEFAULT_WORKSPACE]
    statement = re.sub(r"LIMIT \$2 ?\) AS", f"LIMIT {COUNT_CAP + 1}) AS", statement)  # constants are not told
    statement = re.sub(r"SELECT \$\d+ FROM", "SELECT 1 FROM", statement)
    [[told]] = await counted.sql.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    return max(visited(json.loads(told)[0]["Plan"]))


def visited(plan: dict[str, Any]) -> list[int]:
    here = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return [here, *(rows for part in plan.get("Plans", ()) for rows in visited(part))]


def test_nothing_reaches_out_but_what_is_listed() -> None:
    found = {f"{path.relative_to(APP)}" for path in APP.rglob("*.py") if reaches_out(path)}

    assert found == set(OUTGOING)


def reaches_out(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(OPENERS):
            return True
        if isinstance(node, ast.ImportFrom):
            names = {node.module or ""}
        elif isinstance(node, ast.Import):
            names = {each.name for each in node.names}
        else:
            continue
        if any(name == client or name.startswith(f"{client}.") for name in names for client in CLIENTS):
            return True
    return False


def breakers(metrics: str) -> set[str]:
    return set(re.findall(r'^hastecrm_breaker_state\{breaker="(\w+)"\}', metrics, re.MULTILINE))


async def test_there_is_a_breaker_around_everything_remote(
    postgres: Postgres, database: str, redis_server: Redis, api: Running, web: Running, tmp_path: Path
) -> None:
    providers = tmp_path / "providers.json"
    nobody = f"http://127.0.0.1:{free_port()}"
    entry = {"name": "example", "title": "Example", "issuer": nobody, "client_id": "hastecrm"}
    providers.write_text(json.dumps([{**entry, "client_secret": "a-secret-of-a-provider-32-characters"}]))
    environment = {**postgres.environment(database), **redis_server.environment()}
    outward = {"HASTECRM_OPENID_FILE": str(providers), "HASTECRM_PUBLIC_URL": "http://127.0.0.1:9"}
    letters = {"HASTECRM_MAIL_HOST": "127.0.0.1", "HASTECRM_MAIL_FROM": "crm@example.com", **outward}
    async with (
        running("api", {**environment, **outward}) as full,
        running("worker", {**environment, **letters}) as worker,
    ):
        found = {
            "api": breakers((await full.probe("/metrics")).text),
            "web": breakers((await web.probe("/metrics")).text),
            "worker": breakers((await worker.probe("/metrics")).text),
        }

    assert found["api"] == {"cache", "openid_example"}
    assert found["web"] == {"api"}
    assert "mail" in found["worker"]
