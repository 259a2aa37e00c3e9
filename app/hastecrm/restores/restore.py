"""One dump, from where it is kept into a database of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hastecrm.core.schema import Schema, bundled_migrations, schema_of
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import DumpError
from hastecrm.dumps.keys import Key
from hastecrm.dumps.manifest import Manifest
from hastecrm.dumps.reading import opened
from hastecrm.restores.checks import Check, check_everything, require_passed
from hastecrm.restores.databases import drop, make_like
from hastecrm.restores.errors import NotPermittedError
from hastecrm.restores.forward import require_readable
from hastecrm.restores.loading import load
from hastecrm.restores.server import Server

# Who owns the tables of the application; it may be another role than the one that owns the database.
_OWNER = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('schema_migrations')"
_MAKES_DATABASES = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


@dataclass(frozen=True, slots=True)
class PostgresRestore:
    """How pg_restore is started, and with which environment for one database."""

    program: Sequence[str]
    environment: Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Restore:
    """Brings dumps of a catalogue back to a server."""

    catalogue: Catalogue
    key: Key | None
    server: Server
    postgres: PostgresRestore
    say: Callable[[str], None]

    async def find(self, name: str) -> Manifest:
        """Return the record of a dump that this release can read."""
        manifest = await self.catalogue.find(name)
        forward = require_readable(code=schema_of(bundled_migrations()), dump=schema_in(manifest))
        if forward:
            self.say(forward)
        return manifest

    async def require_permitted(self) -> None:
        """Raise `NotPermittedError` where no database could be made beside the one in use."""
        async with self.server.inside(self.server.live) as connection:
            if not await connection.fetchval(_MAKES_DATABASES):
                raise NotPermittedError(f"the role may not make databases; {self.server.grant()}")

    async def into(self, database: str, manifest: Manifest) -> float:
        """Fill a new database, and leave none behind when that fails; return the seconds it took.

        One of this name, left by a run that died, is made anew.
        """
        started = time.monotonic()
        role = await self._owner()
        try:
            async with self.server.beside() as connection:
                await make_like(connection, self.server.live, database)
            await self._load(database, manifest, role)
        except BaseException:
            with suppress(DumpError):  # what failed first says more
                async with self.server.beside() as connection:
                    await drop(connection, self.server.live, database)
            raise
        return time.monotonic() - started

    async def check(self, database: str, manifest: Manifest) -> list[Check]:
        """Compare a database with the record of the dump; raise `ChecksFailedError` if it is not that."""
        async with self.server.inside(database) as connection:
            checks = await check_everything(connection, manifest.tables, schema_in(manifest))
        for each in checks:
            self.say(f"{'ok' if each.ok else 'FAILED'}  {each.name}: {each.message}")
        require_passed(checks)
        return checks

    async def _load(self, database: str, manifest: Manifest, role: str | None) -> None:
        self.say(f"restoring {manifest.name} ({manifest.size} bytes) into {database}")
        async with opened(self.catalogue, manifest, self.key) as chunks:
            await load(chunks, self.postgres.program, self.postgres.environment(database), role=role)
        async with self.server.inside(database) as connection:
            await connection.execute("ANALYZE")

    async def _owner(self) -> str | None:
        async with self.server.inside(self.server.live) as connection:
            owner: Any = await connection.fetchval(_OWNER)
            role = await connection.fetchval("SELECT current_user")
        return str(owner) if owner not in {None, role} else None


def schema_in(manifest: Manifest) -> Schema:
    """Return the schema that a dump has."""
    return Schema(manifest.schema_.version, manifest.schema_.compatible_from)
