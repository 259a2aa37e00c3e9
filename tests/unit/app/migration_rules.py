"""What a migration of each phase must not do, because older code runs beside it or people wait for it."""

import re
from collections.abc import Iterator, Sequence

from hastecrm.core.migrating.statements import created, locks, statements
from hastecrm.core.schema import Migration

_NAMED = r'"?(\w+)"?'
# In an expand migration: what older code would miss, or stumble over.
_TAKEN = {
    r"DROP (?!INDEX CONCURRENTLY)": "drops something",
    r"TRUNCATE|DELETE FROM": "removes rows",
    r"ALTER TABLE .*\bDROP\b(?! (?:DEFAULT|NOT NULL))": "drops something",
    r"ALTER .*\bRENAME\b": "renames something",
    r"ALTER TABLE .*\bTYPE\b": "changes a type, and writes the table anew",
    r"ALTER TABLE .*\bSET NOT NULL": "refuses rows that older code writes",
    r"ALTER TABLE .*ADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL": "refuses rows that older code writes",
    r"ALTER TABLE .*ADD (?:CONSTRAINT|CHECK|UNIQUE|FOREIGN)": "refuses rows that older code writes",
    r"ALTER TABLE .*\bROW LEVEL SECURITY": "hides rows from older code",
    r"CREATE POLICY .* AS RESTRICTIVE": "hides rows from older code",
    # Beside the id, which is unique anyway, nothing is refused.
    r"CREATE UNIQUE INDEX (?!.* ON \w+ \(workspace_id, id\)$)": "refuses rows that older code writes",
}
# In an expand migration: what makes people wait for as long as the table is big.
_SLOW = {
    r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)": "needs CONCURRENTLY and '-- transaction: none'",
    r"UPDATE ": "belongs into a data migration, which goes in batches",
}
# In a contract migration: the code runs before it, so it needs nothing from it.
_GIVEN = {r"CREATE TABLE": "makes a table", r"ALTER TABLE .*ADD COLUMN": "makes a column"}
_ADDED = re.compile(r"ADD COLUMN (\w+)")
_FOREIGN_KEY = re.compile(r"ALTER TABLE \w+ ADD CONSTRAINT \w+ FOREIGN KEY \(([\w, ]+)\)")
_DROPPED = re.compile(rf"DROP (?:TABLE|COLUMN|INDEX|CONSTRAINT|FUNCTION) (?:IF EXISTS )?{_NAMED}")


def broken_rules(migration: Migration) -> Iterator[str]:
    """Yield what is wrong with one migration; tables that it makes itself are its own affair."""
    made: set[str] = set()
    columns: set[str] = set()
    rules = _GIVEN if migration.is_contract else {**_TAKEN, **_SLOW} if migration.phase == "expand" else {}
    for statement in statements(migration.sql):
        if (new := created(statement)) is not None:
            made.add(new)
        touched = {taken.object for taken in locks(statement) or ()}
        columns |= set(_ADDED.findall(statement))
        if (touched and touched <= made) or _is_left_empty(statement, columns):
            continue
        for pattern, wrong in rules.items():
            if re.match(pattern, statement, re.DOTALL):
                yield f"{migration.name}: {wrong}: {statement[:60]}"
        if locks(statement) is None:
            yield f"{migration.name}: nobody knows what this locks: {statement[:60]}"


def _is_left_empty(statement: str, columns: set[str]) -> bool:
    """Whether it is a foreign key over a column that older code does not fill, so that it refuses nothing."""
    match = _FOREIGN_KEY.match(statement)
    return match is not None and bool(columns & set(match[1].split(", ")))


def hidden_needs(migrations: Sequence[Migration]) -> Iterator[str]:
    """Yield migrations that touch what an earlier contract takes away, and may run before it."""
    for contract in (each for each in migrations if each.is_contract):
        dropped = set(_DROPPED.findall(contract.sql))
        for later in migrations[contract.version :]:
            if later.is_contract or later.compatible_from >= contract.compatible_from:
                continue
            if names := dropped & set(re.findall(r"\w+", " ".join(statements(later.sql)))):
                fix = f"needs compatible-from {contract.compatible_from} as {contract.name} has"
                yield f"{later.name}: names {', '.join(sorted(names))}: {fix}"
