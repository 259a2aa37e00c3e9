"""The statements of a migration file, and the locks that they take on tables. Pure: nothing is run here.

It knows the statements that migrations are made of, by their first words; what it does not know, it says.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Lock(IntEnum):
    """The modes that tables are locked in, from weak to strong (PostgreSQL manual, 13.3)."""

    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        """Return the name as PostgreSQL writes it."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Taken:
    """A lock that a statement takes; `object` is a table, or an index where only its name is known."""

    object: str
    mode: Lock


_TOKEN: Final = re.compile(
    r"(?P<space>--[^\n]*|/\*.*?\*/)|(?P<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag))|(?P<end>;)|(?P<other>\w+|.)",
    re.DOTALL,
)
_NAME = r'(?:"?\w+"?\.)?"?(\w+)"?'
_IF = r"(?:IF (?:NOT )?EXISTS )?"
# What comes first in this list and fits is what counts.
_ONE_TABLE: Final[Sequence[tuple[str, Lock]]] = (
    (
        rf"CREATE (?:UNIQUE )?INDEX CONCURRENTLY {_IF}(?:\w+ )?ON (?:ONLY )?{_NAME}",
        Lock.SHARE_UPDATE_EXCLUSIVE,
    ),
    (rf"CREATE (?:UNIQUE )?INDEX {_IF}(?:\w+ )?ON (?:ONLY )?{_NAME}", Lock.SHARE),
    (rf"DROP INDEX CONCURRENTLY {_IF}{_NAME}", Lock.SHARE_UPDATE_EXCLUSIVE),
    (rf"DROP INDEX {_IF}{_NAME}", Lock.ACCESS_EXCLUSIVE),
    (rf"(?:CREATE|ALTER|DROP) POLICY {_IF}\w+ ON {_NAME}", Lock.ACCESS_EXCLUSIVE),
    (rf"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER .*? ON {_NAME}", Lock.SHARE_ROW_EXCLUSIVE),
    (rf"DROP TRIGGER {_IF}\w+ ON {_NAME}", Lock.ACCESS_EXCLUSIVE),
    # They make triggers.
    (rf"SELECT hastecrm_(?:versioned|searchable) ?\( ?'{_NAME}'", Lock.SHARE_ROW_EXCLUSIVE),
    (rf"(?:DROP TABLE {_IF}|TRUNCATE (?:TABLE )?|LOCK (?:TABLE )?){_NAME}", Lock.ACCESS_EXCLUSIVE),
    (rf"(?:VACUUM|ANALYZE) {_NAME}", Lock.SHARE_UPDATE_EXCLUSIVE),
    (r"COMMENT ON (?:TABLE|COLUMN) (\w+)", Lock.SHARE_UPDATE_EXCLUSIVE),
    (rf"(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?{_NAME}", Lock.ROW_EXCLUSIVE),
)
_ALTER_TABLE: Final = re.compile(rf"ALTER TABLE {_IF}(?:ONLY )?{_NAME}(.*)", re.DOTALL)
_CREATE_TABLE: Final = re.compile(rf"CREATE (?:UNLOGGED )?TABLE {_IF}{_NAME}")
_CREATE_INDEX: Final = re.compile(rf"CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?{_IF}(\w+) ON")
_REPEATABLE: Final = re.compile(
    r"DROP INDEX CONCURRENTLY IF EXISTS \w+$|ALTER TABLE \w+ VALIDATE CONSTRAINT \w+$|(?:VACUUM|ANALYZE)\b"
)
_REFERENCES: Final = re.compile(rf"\bREFERENCES {_NAME}")
# The actions that lock less than everything; a statement takes the strongest lock of its actions.
_MILD_ACTIONS: Final[Sequence[tuple[str, Lock]]] = (
    (r"VALIDATE CONSTRAINT|ALTER (?:COLUMN )?\w+ SET STATISTICS|SET \(", Lock.SHARE_UPDATE_EXCLUSIVE),
    (r"ADD (?:CONSTRAINT \w+ )?FOREIGN KEY|(?:ENABLE|DISABLE) TRIGGER", Lock.SHARE_ROW_EXCLUSIVE),
)
_LOCKS_NOTHING: Final = re.compile(
    r"(?:SELECT|SET|COMMENT|GRANT|REVOKE)\b|(?:CREATE|ALTER|DROP) (?:OR REPLACE )?"
    r"(?:FUNCTION|TYPE|DOMAIN|SEQUENCE|EXTENSION|VIEW|SCHEMA|STATISTICS)\b"
)


def statements(sql: str) -> list[str]:
    """Return the statements without comments, each on one line; what is quoted stays as it is."""
    return [one for one in _split(sql) if one]


def _split(sql: str) -> Iterator[str]:
    parts: list[str] = []
    for token in _TOKEN.finditer(sql):
        if token["end"]:
            yield "".join(parts).strip()
            parts = []
        elif token["space"] or token[0].isspace():
            parts += [" "] if parts and parts[-1] != " " else []
        else:
            parts.append(token[0])
    yield "".join(parts).strip()


def created(statement: str) -> str | None:
    """Return the table or index that a statement makes, if it makes one."""
    match = _CREATE_TABLE.match(statement) or _CREATE_INDEX.match(statement)
    return match[1] if match else None


def concurrent_index(statement: str) -> str | None:
    """Return the index that a statement builds while the table is in use, if it does."""
    match = _CREATE_INDEX.match(statement)
    return match[1] if match and "INDEX CONCURRENTLY" in match[0] else None


def is_repeatable(statement: str) -> bool:
    """Whether a statement may run again, as what stands outside of a transaction may have to."""
    return concurrent_index(statement) is not None or _REPEATABLE.match(statement) is not None


def locks(statement: str) -> list[Taken] | None:
    """Return the locks that a statement takes on tables that exist; None for an unknown statement."""
    if _CREATE_TABLE.match(statement):
        return _referenced(statement)
    if match := _ALTER_TABLE.match(statement):
        return [Taken(match[1], _strongest(match[2])), *_referenced(statement)]
    for pattern, mode in _ONE_TABLE:
        if match := re.match(pattern, statement, re.DOTALL):
            return [Taken(match[1], mode)]
    return [] if _LOCKS_NOTHING.match(statement) else None


def _referenced(statement: str) -> list[Taken]:
    return [Taken(name, Lock.SHARE_ROW_EXCLUSIVE) for name in _REFERENCES.findall(statement)]


def _strongest(actions: str) -> Lock:
    return max(_lock_of(action) for action in _actions(actions))


def _lock_of(action: str) -> Lock:
    mild = (mode for pattern, mode in _MILD_ACTIONS if re.match(pattern, action))
    return next(mild, Lock.ACCESS_EXCLUSIVE)


def _actions(text: str) -> list[str]:
    found, depth = [""], 0
    for token in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "," and depth == 0:
            found.append("")
        else:
            found[-1] += token[0]
    return [action.strip() for action in found]


def locks_of(sql: str, made: set[str]) -> list[str]:
    """Return the locks of a whole file as `table: MODE`, the strongest of each table.

    What is in `made` is not told of, as nobody uses it yet; what the file makes is added to it.
    """
    strongest: dict[str, Lock] = {}
    unknown = []
    for statement in statements(sql):
        if (new := created(statement)) is not None:
            made.add(new)
        if (taken := locks(statement)) is None:
            unknown.append(f"unknown: {' '.join(statement.split()[:3])}")
        for each in taken or []:
            strongest[each.object] = max(each.mode, strongest.get(each.object, each.mode))
    return [f"{name}: {mode}" for name, mode in strongest.items() if name not in made] + unknown
