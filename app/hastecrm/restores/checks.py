"""What must hold of a database that was restored, each as a check that says what it found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from hastecrm.core.migrating.record import database_schema
from hastecrm.core.schema import Schema
from hastecrm.dumps.tables import count_rows
from hastecrm.restores.errors import ChecksFailedError

_SHOWN: Final = 3
# What no reference of a foreign key points to: rows without a NULL in it that find nobody.
_REFERENCES = """
SELECT conname, conrelid::regclass::text AS child, confrelid::regclass::text AS parent, convalidated AS valid,
    (SELECT array_agg(quote_ident(attname) ORDER BY place)
     FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
     JOIN pg_attribute ON attrelid = conrelid AND attnum = number) AS columns,
    (SELECT array_agg(quote_ident(attname) ORDER BY place)
     FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
     JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS targets
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY conname
"""
_UNWALLED = """
SELECT relname FROM pg_class WHERE oid IN (SELECT polrelid FROM pg_policy)
AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname
"""
_SEQUENCES = """
SELECT refobjid::regclass::text AS table, quote_ident(attname) AS column, objid::regclass::text AS sequence
FROM pg_depend JOIN pg_class ON pg_class.oid = objid AND relkind = 'S'
JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
WHERE deptype IN ('a', 'i') AND classid = 'pg_class'::regclass
"""
# Whoever could sign in with a password and would find a workspace then.
_WHO_SIGNS_IN = """
SELECT password_hash FROM users WHERE password_hash IS NOT NULL AND disabled_at IS NULL AND EXISTS (
    SELECT FROM memberships JOIN workspaces ON workspaces.id = workspace_id
    WHERE user_id = users.id AND deleted_at IS NULL)
ORDER BY created_at LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was seen."""

    name: str
    ok: bool
    message: str

    def as_json(self) -> dict[str, object]:
        """Return the entry of a report."""
        return asdict(self)


async def check_everything(connection: Any, tables: Mapping[str, int], schema: Schema) -> list[Check]:
    """Look at a database that was just restored; `tables` and `schema` are what the dump's record says."""
    return [
        await check_rows(connection, tables),
        await check_schema(connection, schema),
        await check_references(connection),
        await check_row_security(connection),
        await check_sequences(connection),
        await check_sign_in(connection),
    ]


def require_passed(checks: list[Check]) -> None:
    """Raise `ChecksFailedError` that names each check that failed."""
    failed = [f"{check.name}: {check.message}" for check in checks if not check.ok]
    if failed:
        raise ChecksFailedError("; ".join(failed))


async def check_rows(connection: Any, tables: Mapping[str, int]) -> Check:
    """Compare the rows of each table with the record of the dump, which is of the dump's own snapshot."""
    found = await count_rows(connection)
    differing = [
        f"{table} has {found.get(table, 0)} rows instead of {tables.get(table, 0)}"
        for table in sorted({*found, *tables})
        if found.get(table) != tables.get(table)
    ]
    good = f"{sum(found.values())} rows in {len(found)} tables, as recorded"
    return Check("rows", not differing, _some(differing) or good)


async def check_schema(connection: Any, schema: Schema) -> Check:
    """Compare the schema with the record of the dump."""
    found = await database_schema(connection)
    if found.version == 0:
        return Check("schema", ok=False, message="there is no schema of this application in it")
    same = found == schema
    wrong = f"schema {found.version} instead of {schema.version}"
    return Check("schema", same, f"schema {found.version}" if same else wrong)


async def check_references(connection: Any) -> Check:
    """Count what breaks a foreign key, be it that the constraint was never validated."""
    references = await connection.fetch(_REFERENCES)
    broken = []
    for each in references:
        dangling = await connection.fetchval(dangling_rows(dict(each)))
        if dangling or not each["valid"]:
            broken.append(f"{each['conname']}: {dangling} rows of {each['child']} refer to nothing")
    return Check("references", not broken, _some(broken) or f"{len(references)} foreign keys hold")


def dangling_rows(reference: Mapping[str, Any]) -> str:
    """Return the statement that counts the rows that a foreign key would refuse."""
    present = " AND ".join(f"child.{column} IS NOT NULL" for column in reference["columns"])
    pairs = zip(reference["columns"], reference["targets"], strict=True)
    same = " AND ".join(f"parent.{target} = child.{column}" for column, target in pairs)
    return (
        f"SELECT count(*) FROM {reference['child']} AS child WHERE {present} "  # noqa: S608 - names of the catalogue
        f"AND NOT EXISTS (SELECT FROM {reference['parent']} AS parent WHERE {same})"
    )


async def check_row_security(connection: Any) -> Check:
    """Look whether the second wall stands: each table with a policy has to follow it, whoever asks."""
    open_tables = [row["relname"] for row in await connection.fetch(_UNWALLED)]
    walled = await connection.fetchval("SELECT count(DISTINCT polrelid) FROM pg_policy")
    wrong = [f"{table} does not enforce its policies" for table in open_tables]
    return Check("rowSecurity", not wrong, _some(wrong) or f"{walled} tables enforce their policies")


async def check_sequences(connection: Any) -> Check:
    """Look whether the next number of each sequence is free."""
    sequences, behind = await connection.fetch(_SEQUENCES), []
    for table, column, sequence in sequences:
        used = f"SELECT last_value < (SELECT max({column}) FROM {table}) FROM {sequence}"  # noqa: S608
        if await connection.fetchval(used):
            behind.append(f"{sequence} would give a number again that {table} has")
    return Check("sequences", not behind, _some(behind) or f"{len(sequences)} sequences are ahead")


async def check_sign_in(connection: Any) -> Check:
    """Look whether who signs in with a password still could: theirs must be one that can be checked."""
    if await connection.fetchval("SELECT to_regclass('users')") is None:
        return Check("signIn", ok=True, message="this schema knows no accounts")
    if not await connection.fetchval("SELECT count(*) FROM users"):
        return Check("signIn", ok=True, message="there are no accounts yet")
    hashed = await connection.fetchval(_WHO_SIGNS_IN)
    if hashed is None:
        return Check("signIn", ok=True, message="nobody signs in with a password")
    if not can_be_checked(hashed):
        return Check("signIn", ok=False, message="the password of the first account cannot be checked")
    return Check("signIn", ok=True, message="an account has a workspace and a password that can be checked")


def can_be_checked(hashed: str) -> bool:
    """Whether this hash can tell a wrong password: a damaged one could tell nothing."""
    try:
        return PasswordHasher().verify(hashed, uuid4().hex)
    except VerifyMismatchError:
        return True
    except (VerificationError, InvalidHashError):
        return False


def _some(problems: list[str]) -> str:
    more = len(problems) - _SHOWN
    return "; ".join(problems[:_SHOWN]) + (f"; {more} more" if more > 0 else "")
