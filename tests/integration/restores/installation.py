"""An installation with people in it, dumps of it, and the commands that bring them back."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import zstandard
from tests.integration.conftest import connect
from tests.integration.servers import PASSWORD, Postgres

from hastecrm.core.migrating.record import database_schema
from hastecrm.core.passwords import Passwords
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.manifest import DumpedSchema, Manifest
from hastecrm.dumps.tables import count_rows
from hastecrm.dumps.volume import Volume
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

COMMAND = [sys.executable, "-c", "import sys; from hastecrm.main import main; sys.exit(main())"]
FOLDER = "sales-acme"
PEOPLE = """
INSERT INTO users (id, email, name, password_hash) VALUES
    ('00000000-0000-7000-8000-0000000000a1', 'ada@analytical.test', 'Ada Lovelace', $1),
    ('00000000-0000-7000-8000-0000000000a2', 'charles@analytical.test', 'Charles Babbage', $1);
"""
REST = f"""
INSERT INTO memberships (workspace_id, user_id, role) VALUES
    ('{DEFAULT_WORKSPACE}', '00000000-0000-7000-8000-0000000000a1', 'owner'),
    ('{DEFAULT_WORKSPACE}', '00000000-0000-7000-8000-0000000000a2', 'member');
INSERT INTO sessions (id, user_id, expires_at) VALUES
    (gen_random_uuid(), '00000000-0000-7000-8000-0000000000a1', now() + interval '1 day');
INSERT INTO contacts (id, workspace_id, first_name, last_name, email, phone, title, company, owner_id)
SELECT gen_random_uuid(), '{DEFAULT_WORKSPACE}', 'First' || n, 'Last' || n, 'c' || n || '@customer.test',
    '+43 1 ' || n, 'Head of ' || n, 'Firm ' || n, '00000000-0000-7000-8000-0000000000a2'
FROM generate_series(1, 500) AS n;
"""  # noqa: S608 - nobody's input


@dataclass
class Ended:
    """How a command ended."""

    code: int
    report: dict[str, Any]
    said: str


@dataclass
class Installation:
    """One database with people in it, and the directory of its dumps."""

    postgres: Postgres
    database: str
    directory: Path
    user: str = "hastecrm"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(Volume(self.directory), FOLDER)

    def environment(self, **more: str) -> dict[str, str]:
        report = self.directory / "report.json"
        own = {
            "HASTECRM_BACKUP_DIRECTORY": str(self.directory),
            "HASTECRM_BACKUP_FOLDER": FOLDER,
            "HASTECRM_TERMINATION_LOG": str(report),
            "HASTECRM_DATABASE_SSL_MODE": "disable",
        }
        user = {"HASTECRM_DATABASE_USER": self.user}
        return os.environ | self.postgres.environment(self.database) | own | user | self.more | more

    def named(self, kind: str) -> str:
        return f"{self.database}_{kind}_1"

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        (self.directory / "report.json").unlink(missing_ok=True)
        return await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            env=self.environment(**more),
            stdout=subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, **more: str) -> Ended:
        process = await self.start(*arguments, **more)
        _, said = await process.communicate()
        file = self.directory / "report.json"
        report = json.loads(file.read_text()) if file.exists() else {}
        return Ended(process.returncode or 0, report, said.decode())

    async def restore(self, name: str = "acme-1") -> Ended:
        return await self.run("restore", "--name", name, "--into", self.named("restore"))

    async def swap(self) -> Ended:
        return await self.run("swap", "--with", self.named("restore"), "--keep-as", self.named("before"))

    async def dump(self, name: str = "acme-1") -> Manifest:
        """Take a dump as `hastecrm backup` does."""
        file = self.directory / FOLDER / f"{name}.dump.zst"
        file.parent.mkdir(exist_ok=True)
        plain = subprocess.run(
            ["pg_dump", "--format=custom", "--compress=0", "--enable-row-security"],
            env=os.environ | self._libpq(),
            capture_output=True,
            check=True,
        ).stdout
        file.write_bytes(stored := zstandard.compress(plain))
        async with self.sql() as sql:
            manifest = Manifest(
                name=name,
                file=file.name,
                taken_at=datetime.now(UTC),
                schema_=DumpedSchema(**vars_of(await database_schema(sql))),
                release="0.1.0",
                server_version="15.1",
                tables=await count_rows(sql),
                size=len(stored),
                sha256=hashlib.sha256(stored).hexdigest(),
                seconds=0.1,
                encrypted=False,
            )
        await self.catalogue.write(manifest)
        return manifest

    @asynccontextmanager
    async def sql(self, database: str | None = None) -> AsyncIterator[Any]:
        connection = await connect(self.postgres, database or self.database)
        try:
            yield connection
        finally:
            await connection.close()

    async def databases(self) -> set[str]:
        """Return what there is beside the database in use."""
        async with self.sql("postgres") as sql:
            rows = await sql.fetch(
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", f"{self.database}_"
            )
        return {row["datname"].removeprefix(f"{self.database}_") for row in rows}

    async def clean(self) -> None:
        for name in await self.databases():
            async with self.sql("postgres") as sql:
                await sql.execute(f"DROP DATABASE {self.database}_{name} WITH (FORCE)")

    async def fill(self) -> None:
        passwords = Passwords()
        hashed = await passwords.hash("a-long-password-of-ada")
        await passwords.close()
        async with self.sql() as sql:
            await sql.execute(PEOPLE, hashed)
            await sql.execute(REST)

    def _libpq(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.postgres.port),
            "PGDATABASE": self.database,
            "PGUSER": "hastecrm",
            "PGPASSWORD": PASSWORD,
            "PGOPTIONS": "-c hastecrm.system=on",
        }


def vars_of(schema: Any) -> dict[str, int]:
    return {"version": schema.version, "compatible_from": schema.compatible_from}
