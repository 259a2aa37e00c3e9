"""The migrations that this image carries, read from package data; no database here."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Literal, Self, cast, get_args

from hastecrm.core.migrating.statements import is_repeatable, statements

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_HEADER = re.compile(r"^-- (phase|compatible-from|transaction|batch): *(\S.*?) *$", re.MULTILINE)
_VALUE = re.compile(r"\$\d")
_BATCH = re.compile(r"([a-z_]+)\.([a-z_]+) ([1-9]\d{0,5})")
Kind = Literal["expand", "data", "contract"]


class MigrationFileError(Exception):
    """A migration file that is wrongly named, headed or numbered."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How a data migration walks through a table: by a key that has an index, so many rows at a time."""

    table: str
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: what it does, and the oldest code that can live with the result."""

    version: int
    name: str
    phase: Kind
    compatible_from: int
    sql: str
    batch: Batch | None = None
    is_transaction: bool = True  # False: each statement is for itself, as CREATE INDEX CONCURRENTLY must be

    @property
    def is_contract(self) -> bool:
        """Whether it takes away what older code may need."""
        return self.phase == "contract"

    @property
    def checksum(self) -> str:
        """Fingerprint of the file, to notice when an applied one was edited."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @classmethod
    def parse(cls, filename: str, sql: str) -> Self:
        """Read one file; raises `MigrationFileError` that says what is wrong with it."""
        if not (match := _NAME.fullmatch(filename)):
            raise MigrationFileError(f"{filename}: name it NNNN_what_it_does.sql")
        headers = dict(_HEADER.findall(sql))
        phase, oldest = headers.get("phase"), headers.get("compatible-from", "")
        if phase not in get_args(Kind):
            raise MigrationFileError(f"{filename}: needs the line '-- phase: expand', 'data' or 'contract'")
        version = int(match[1])
        if not oldest.isdigit() or not 1 <= int(oldest) <= version:
            raise MigrationFileError(f"{filename}: needs '-- compatible-from: N' with 1 <= N <= {version}")
        if wrong := _wrong_way(phase, headers, sql):
            raise MigrationFileError(f"{filename}: {wrong}")
        batch = _BATCH.fullmatch(headers.get("batch", ""))
        return cls(
            version,
            filename.removesuffix(".sql"),
            cast("Kind", phase),
            int(oldest),
            sql,
            Batch(batch[1], batch[2], int(batch[3])) if batch else None,
            "transaction" not in headers,
        )


def _wrong_way(phase: str | None, headers: Mapping[str, str], sql: str) -> str | None:
    """Say what is wrong with how a file wants to be applied, or None."""
    if (phase == "data") != bool(_BATCH.fullmatch(headers.get("batch", ""))):
        return "'-- phase: data' and '-- batch: TABLE.KEY ROWS', such as contacts.id 5000, go together"
    if headers.get("transaction", "none") != "none":
        return "'-- transaction: none' is the only value; leave the line out otherwise"
    if phase == "data":
        is_plain = "transaction" not in headers and len(statements(sql)) == 1
        if not is_plain or set(_VALUE.findall(sql)) != {"$1", "$2"}:
            return "needs one statement, for the rows with TABLE.KEY BETWEEN $1 AND $2, and no other header"
    elif "transaction" in headers and (other := [s for s in statements(sql) if not is_repeatable(s)]):
        return f"without a transaction only what can be run again is allowed, not {other[0]!r}"
    return None


@dataclass(frozen=True, slots=True)
class Schema:
    """A state of the database: its version, and the oldest code version that runs on it."""

    version: int
    compatible_from: int

    def as_json(self) -> dict[str, int]:
        """Return the contract between the operator and the image."""
        return {"version": self.version, "compatibleFrom": self.compatible_from}


def migrations_of(files: Iterable[tuple[str, str]]) -> tuple[Migration, ...]:
    """Return the migrations in order; raises when a number is missing or used twice."""
    found = sorted((Migration.parse(name, sql) for name, sql in files), key=lambda each: each.version)
    for expected, migration in enumerate(found, start=1):
        if migration.version != expected:
            raise MigrationFileError(
                f"{migration.name}: expected number {expected:04}, without gaps or doubles"
            )
    _check_contracts(found)
    return tuple(found)


def _check_contracts(migrations: Sequence[Migration]) -> None:
    contracts = [each for each in migrations if each.is_contract]
    for earlier, later in pairwise(contracts):
        if later.compatible_from < earlier.compatible_from:
            raise MigrationFileError(
                f"{later.name}: needs '-- compatible-from: {earlier.compatible_from}' or more, because "
                f"{earlier.name} runs before it and has that"
            )


def bundled_migrations() -> tuple[Migration, ...]:
    """Return the migrations of this image."""
    folder = resources.files("hastecrm") / "migrations"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return migrations_of((entry.name, entry.read_text(encoding="utf-8")) for entry in files)


def schema_of(migrations: Sequence[Migration]) -> Schema:
    """Return the schema that a database has after these migrations."""
    if not migrations:
        return Schema(0, 0)
    # What one migration took away, a later one that says less does not bring back.
    return Schema(migrations[-1].version, max(each.compatible_from for each in migrations))


def mismatch(*, code: Schema, database: Schema) -> str | None:
    """Say why this code must not run on that database, or None when it may."""
    if database.version < code.version:
        return (
            f"the database has schema {database.version}, this version needs {code.version}; "
            "run `hastecrm migrate`"
        )
    if database.compatible_from > code.version:
        return (
            f"the database has schema {database.version}, which code older than {database.compatible_from} "
            f"cannot use, and this code has {code.version}; run a newer version"
        )
    return None
