"""A PostgreSQL server that nobody needs, to try a dump in: where it is, and how it is spoken to."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.dumps.errors import DatabaseUnreachableError
from hastecrm.restores.server import Server

_PAUSE: Final = 1.0  # seconds between two tries


@dataclass(frozen=True, slots=True)
class Scratch:
    """The parts of a `postgresql://` address; a directory as the host means the socket in it."""

    host: str
    port: int
    user: str
    password: str | None
    database: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address; raises `DatabaseUnreachableError` for what is none."""
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        if parts.scheme not in {"postgresql", "postgres"} or not host:
            example = "postgresql://postgres@/postgres?host=/scratch"
            raise DatabaseUnreachableError(f"the scratch server needs an address like {example}")
        password = unquote(parts.password) if parts.password else None
        user = unquote(parts.username or "postgres")
        return cls(host, parts.port or 5432, user, password, parts.path.lstrip("/") or "postgres")

    def environment(self, database: str) -> dict[str, str]:
        """Return the environment of PostgreSQL's programs for one of its databases."""
        told = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password or "",
            "PGDATABASE": database,
            "PGSSLMODE": "prefer",
            "PGOPTIONS": "-c hastecrm.system=on",
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
        }
        return {name: value for name, value in told.items() if value}

    async def server(self, patience: timedelta, say: Callable[[str], None]) -> Server:
        """Return the server once it answers, which may be soon: it starts beside us."""
        server = Server(self._options())
        deadline = time.monotonic() + patience.total_seconds()
        while True:
            try:
                async with server.inside(self.database):
                    return server
            except DatabaseUnreachableError as exc:
                if time.monotonic() > deadline:
                    raise
                say(f"waiting for the scratch server: {exc}")
            await asyncio.sleep(_PAUSE)

    def _options(self) -> ConnectionOptions:
        return ConnectionOptions(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user,
            password=self.password,
            tls="prefer",
            application_name="hastecrm-drill",
            statement_timeout=60,
            scope=SYSTEM,
        )
