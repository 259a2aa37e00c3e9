"""PostgreSQL and Redis as in production, migrated and filled; and the API processes in front of them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import asyncpg
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres, Redis

from .load import Target
from .program import BenchError, Cores, Program, free_port, plain_environment, status, text

HERE = Path(__file__).resolve().parent
PYTHON = Path(sys.executable)
HASTECRM = PYTHON.parent / "hastecrm"
DATABASE = "hastecrm"
TOKEN, KEY = token_hex(32), token_hex(32)  # of servers that live for minutes
CONTACTS = "/api/v1/contacts"
# As durable as a real server, and with room for the data; the tests' servers trade that for speed.
_SERVER = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "1000",
}


class Stack:
    """The servers of one measurement, and what can be asked of them."""

    def __init__(self, cores: Cores, folder: Path, postgres: Postgres, redis: Redis) -> None:
        self.cores = cores
        self.folder = folder
        self.postgres = postgres
        self.redis = redis
        self._programs: list[Program] = []

    def environment(self) -> dict[str, str]:
        """Return the settings of a production process beside these servers."""
        return {
            **self.postgres.environment(DATABASE),
            **self.redis.environment(),
            "HASTECRM_ACCESS_TOKEN": TOKEN,
            "HASTECRM_SECRET_KEY": KEY,
            # All load comes from one address. The limits stay on, for their cost, but never bite.
            "HASTECRM_RATE_LIMIT_API": "999999r/s",
            "HASTECRM_RATE_LIMIT_AUTH": "999999r/s",
            "HASTECRM_RATE_LIMIT_BURST": "10000",
            "HASTECRM_MAX_CONNECTIONS_PER_CLIENT": "1000",
            "HASTECRM_LISTEN_HOST": "127.0.0.1",
            "HASTECRM_DATABASE_SSL_MODE": "disable",
        }

    def command(self, *arguments: str) -> str:
        """Run one command of the CRM to its end and return what it says; raises BenchError."""
        done = subprocess.run(
            ["taskset", "-c", self.cores.rest, HASTECRM, *arguments],
            env=plain_environment() | self.environment() | {"HASTECRM_TERMINATION_LOG": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchError(f"`hastecrm {' '.join(arguments)}`: {done.stderr.strip()[-500:]}")
        return done.stdout

    def api(self, cores: str = "", script: str = "", **settings: str) -> "Server":
        """Start `hastecrm api`, or a script of the bench in its place, with the settings given."""
        command: list[str | Path] = [PYTHON, HERE / script] if script else [PYTHON, HASTECRM, "api"]
        return self.program(command, cores, **settings)

    def program(self, command: Sequence[str | Path], cores: str = "", **settings: str) -> "Server":
        """Start any program that listens on HASTECRM_APP_PORT; `{port}` in its command becomes that port."""
        port, probes = free_port(), free_port()
        ports = {"HASTECRM_APP_PORT": str(port), "HASTECRM_PROBE_PORT": str(probes)}
        program = Program(
            [str(part).replace("{port}", str(port)) for part in command],
            cores=cores or self.cores.subject,
            log=self.folder / f"{port}.log",
            environment=self.environment() | ports | settings,
        )
        self._programs.append(program)
        return Server(program, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{probes}")

    def sql(self, statement: str, database: str = DATABASE, user: str = SUPERUSER) -> list[Any]:
        """Run one statement beside the application."""
        return asyncio.run(self._sql(statement, database, user))

    async def _sql(self, statement: str, database: str, user: str) -> list[Any]:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.postgres.port, user=user, password=PASSWORD, database=database
        )
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    def end_programs(self) -> None:
        """End every process of the CRM; the servers stay."""
        for program in self._programs:
            program.stop()
        self._programs.clear()


class Server:
    """A process of the CRM's API, or a reference in its place, with its two addresses."""

    def __init__(self, program: Program, url: str, probes: str) -> None:
        self.program = program
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self.probes = probes

    def ready(self) -> "Server":
        """Wait until requests are welcome."""
        self.program.answers(f"{self.probes}/health/ready")
        return self

    def ready_on_its_port(self) -> "Server":
        """Wait for a reference, which has one port only."""
        self.program.answers(f"{self.url}/health/ready")
        return self

    def get(self, path: str) -> Target:
        """Return a GET with the access token."""
        return Target("GET", self.url + path, {"Authorization": f"Bearer {TOKEN}"})

    def post(self, path: str, body: Mapping[str, Any]) -> Target:
        """Return a POST of JSON with the access token."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        return Target("POST", self.url + path, headers, json.dumps(body).encode())

    def ask(self, path: str) -> Any:
        """Return the JSON of a GET with the access token."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310 - as below
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - always our own loopback
            return json.load(answer)

    def post_now(self, path: str, body: Mapping[str, Any]) -> int:
        """Send a POST of JSON once and return its status."""
        target = self.post(path, body)
        request = urllib.request.Request(  # noqa: S310 - always our own loopback
            target.url, target.body, dict(target.headers), method="POST"
        )
        return status(request, 30)

    def lag(self) -> list[float]:
        """Return how late the event loop was since the last question, in seconds (instrumented only)."""
        return list(json.loads(text(f"{self.probes}/bench/lag")))


def first_contact(server: Server) -> str:
    """Return the id of a contact that exists."""
    return str(server.ask(f"{CONTACTS}?limit=1")["items"][0]["id"])


@contextmanager
def stack(cores: Cores, contacts: int) -> Iterator[Stack]:
    """Yield servers with a migrated database that holds this many contacts; all is gone afterwards."""
    postgres, redis = Postgres(), Redis()
    with tempfile.TemporaryDirectory(prefix="hastecrm-bench-") as folder:
        made = Stack(cores, Path(folder), postgres, redis)
        try:
            _start(made, contacts)
            yield made
        finally:
            made.end_programs()
            redis.stop()
            postgres.destroy()


def _start(made: Stack, contacts: int) -> None:
    made.postgres.use(**_SERVER)
    with _affinity(made.cores.rest):
        made.postgres.start()
        made.redis.start()
    made.sql("CREATE EXTENSION pg_stat_statements", "postgres")
    made.sql(f"CREATE DATABASE {DATABASE} OWNER hastecrm", "postgres")
    made.command("migrate")
    made.command("demo", "--contacts", str(contacts))
    made.sql("VACUUM ANALYZE", DATABASE)


@contextmanager
def _affinity(cores: str) -> Iterator[None]:
    """Make children inherit the cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Hold a server still, as a machine does that hangs: nothing is closed, nothing is answered."""
    for member in family(pid):
        os.kill(member, signal.SIGSTOP)
    try:
        yield
    finally:
        for member in family(pid):
            os.kill(member, signal.SIGCONT)
