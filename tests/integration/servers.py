"""Real PostgreSQL and Redis servers of the test session: own ports, own directories, gone afterwards."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# The program refuses less than 16 characters, and one password for both.
PASSWORD = "integration-of-two-servers"
REDIS_PASSWORD = f"{PASSWORD}-cached"
SUPERUSER = "postgres"
# No superuser, as in production: those are above row-level security.
_ROLE = f"CREATE ROLE hastecrm LOGIN CREATEDB PASSWORD '{PASSWORD}'"
_POSTGRES_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def free_port() -> int:
    """Return a TCP port that was free a moment ago, of those that no outgoing connection is ever given."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randint(15_000, 32_000)))  # noqa: S311 - no secret
            return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 15) -> None:
    """Return once something listens on the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port} after {seconds} s")


def _ended(process: "subprocess.Popen[bytes] | None", number: int) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)
        process.wait(timeout=20)


class Postgres:
    """A PostgreSQL server that can be stopped and started again on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._options = dict(_POSTGRES_OPTIONS)
        self._process: subprocess.Popen[bytes] | None = None
        self._bin = _postgres_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="hastecrm-postgres-"))
        self._user = unprivileged_user()
        if self._user:
            shutil.chown(self.folder, self._user["user"], self._user["group"])
        self._initialise()

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = [f"--{name}={value}" for name, value in self._options.items()]
        command = [
            self._bin / "postgres",
            "-D",
            self.folder / "data",
            "-p",
            str(self.port),
            "-k",
            self.folder,
        ]
        self._process = subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL, **self._user)
        self._await_ready()

    @property
    def pid(self) -> int:
        """The id of the server's process."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def stop(self, *, abruptly: bool = False) -> None:
        """Stop the server: fast (clients are told), or as in a crash."""
        _ended(self._process, signal.SIGQUIT if abruptly else signal.SIGINT)

    def destroy(self) -> None:
        """Stop the server and remove its data."""
        self.stop(abruptly=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, database: str) -> dict[str, str]:
        """Return the settings with which the application finds a database here."""
        return {
            "HASTECRM_DATABASE_HOST": "127.0.0.1",
            "HASTECRM_DATABASE_PORT": str(self.port),
            "HASTECRM_DATABASE_NAME": database,
            "HASTECRM_DATABASE_USER": "hastecrm",
            "HASTECRM_DATABASE_PASSWORD": PASSWORD,
        }

    def give(self, name: str, content: bytes) -> Path:
        """Put a file where only the server's user can read it."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        if self._user:
            shutil.chown(path, self._user["user"], self._user["group"])
        return path

    def use(self, **options: str) -> None:
        """Change options of the next start."""
        self._options |= options

    def _initialise(self) -> None:
        secret = self.give("password", PASSWORD.encode())
        command = [
            self._bin / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            SUPERUSER,
            "--no-sync",
            "-E",
            "UTF8",
        ]
        options = ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run([*command, *options], check=True, capture_output=True, **self._user)
        alone = [self._bin / "postgres", "--single", "-D", self.folder / "data", "postgres"]
        subprocess.run(alone, input=_ROLE.encode(), check=True, capture_output=True, **self._user)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 20
        check = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(check, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL did not start")
            time.sleep(0.03)


class Redis:
    """A Redis server that can be stopped and started again on the same port, with `more` options."""

    def __init__(self, *more: str) -> None:
        self.port = free_port()
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None
        self._program = shutil.which("redis-server")
        if self._program is None:
            raise RuntimeError("redis-server is missing: install the Debian package redis-server")

    def start(self) -> None:
        """Start the server, empty, and wait until it listens."""
        options = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--requirepass",
            REDIS_PASSWORD,
        ]
        if "--tls-cert-file" in self._more:
            options[0] = "--tls-port"
            options += ["--port", "0"]
        self._process = subprocess.Popen(
            [str(self._program), *options, *self._more], stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir()
        )
        wait_for(self.port)

    @property
    def pid(self) -> int:
        """The id of the server's process."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def stop(self) -> None:
        """Stop the server."""
        _ended(self._process, signal.SIGTERM)

    def environment(self) -> dict[str, str]:
        """Return the settings with which the application finds this server."""
        return {
            "HASTECRM_REDIS_HOST": "127.0.0.1",
            "HASTECRM_REDIS_PORT": str(self.port),
            "HASTECRM_REDIS_PASSWORD": REDIS_PASSWORD,
        }


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    usable = [path for path in found if int(path.parent.name) >= 15 and (path / "initdb").exists()]
    if not usable:
        raise RuntimeError("PostgreSQL 15 or newer is missing: install the Debian package postgresql-15")
    return usable[0]


def unprivileged_user() -> dict[str, Any]:
    """Return how a server that refuses to be root is started: as somebody else, where we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
    raise RuntimeError("root cannot run PostgreSQL and there is neither a user postgres nor nobody")
