"""PostgreSQL and Redis as in production, migrated and filled; and the API processes in front of them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import asyncpg
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres, Redis

from .load import Target
from .program import BenchError, Cores, Program, free_port, plain_environment, text

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
        self.filled = 0.0  # seconds that it took to fill the database
        self.token = TOKEN  # of whoever asks: the installation's own until a person has signed in
        self._programs: list[Program] = []

    def environment(self) -> dict[str, str]:
        """Return the settings of a production process beside these servers."""
        return {
            **self.postgres.environment(DATABASE),
            **self.redis.environment(),
            "HASTECRM_ACCESS_TOKEN": TOKEN,
            "HASTECRM_SECRET_KEY": KEY,
            "HASTECRM_TOKEN_LIFETIME": "1h",
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
            ["taskset", "-c", self.cores.all, HASTECRM, *arguments],
            env=plain_environment() | self.environment() | {"HASTECRM_TERMINATION_LOG": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchError(f"`hastecrm {' '.join(arguments)}`: {done.stderr.strip()[-500:]}")
        return done.stdout

    def api(self, cores: str = "", script: str = "", **settings: str) -> "Server":
        """Start `hastecrm api` as in the image, or a script of the bench in its place."""
        return self.program([PYTHON, HERE / (script or "as_in_image.py")], cores, **settings)

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
        return Server(self, program, port, probes)

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

    def __init__(self, servers: Stack, program: Program, port: int, probes: int) -> None:
        self.program = program
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.probes = f"http://127.0.0.1:{probes}"
        self._servers = servers

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
        return Target("GET", self.url + path, self._authorization())

    def post(self, path: str, body: Mapping[str, Any]) -> Target:
        """Return a POST of JSON with the access token."""
        headers = {**self._authorization(), "Content-Type": "application/json"}
        return Target("POST", self.url + path, headers, json.dumps(body).encode())

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._servers.token}"}

    def ask(self, path: str) -> Any:
        """Return the JSON of a GET with the access token; raises BenchError for anything but success."""
        return _sent(self.get(path))

    def send(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a POST of JSON once and return the JSON of its answer; raises BenchError likewise."""
        return _sent(self.post(path, body))

    def lag(self) -> list[float]:
        """Return how late the event loop was since the last question, in seconds (instrumented only)."""
        return list(json.loads(text(f"{self.probes}/bench/lag")))


def _sent(target: Target) -> Any:
    request = urllib.request.Request(  # noqa: S310 - always our own loopback
        target.url, target.body or None, dict(target.headers), method=target.method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return json.load(answer)
    except urllib.error.HTTPError as exc:
        with exc:
            said = exc.read(300).decode(errors="replace")
        raise BenchError(f"{target.method} {target.url} answers {exc.code}: {said}") from exc


def first_contact(server: Server) -> str:
    """Return the id of a contact that exists."""
    return str(server.ask(f"{CONTACTS}?limit=1")["items"][0]["id"])


@contextmanager
def stack(cores: Cores, contacts: int, colleagues: int = 0) -> Iterator[Stack]:
    """Yield servers with a migrated database that holds this many contacts; all is gone afterwards.

    `colleagues`: how many members own them; without any, nobody does.
    """
    postgres, redis = Postgres(), Redis()
    with tempfile.TemporaryDirectory(prefix="hastecrm-bench-") as folder:
        made = Stack(cores, Path(folder), postgres, redis)
        try:
            _start(made, contacts, colleagues)
            yield made
        finally:
            made.end_programs()
            redis.stop()
            postgres.destroy()


def _start(made: Stack, contacts: int, colleagues: int) -> None:
    made.postgres.use(**_SERVER)
    made.postgres.start()  # on all cores until it is filled
    with _affinity(made.cores.rest):
        made.redis.start()
    made.sql("CREATE EXTENSION pg_stat_statements", "postgres")
    made.sql(f"CREATE DATABASE {DATABASE} OWNER hastecrm", "postgres")
    made.command("migrate")
    began = time.monotonic()
    made.command("demo", "--contacts", str(contacts), "--colleagues", str(colleagues))
    made.filled = time.monotonic() - began
    made.sql("VACUUM ANALYZE", DATABASE)
    for member in family(made.postgres.pid):
        os.sched_setaffinity(member, _numbers(made.cores.rest))


def _numbers(cores: str) -> set[int]:
    return {int(core) for core in cores.split(",")}


@contextmanager
def _affinity(cores: str) -> Iterator[None]:
    """Make children inherit the cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _numbers(cores))
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
