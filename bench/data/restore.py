"""How fast `hastecrm restore` is beside pg_restore alone, its memory, and what checking takes."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from bench.service.results import Row
from tests.integration.servers import PASSWORD

from hastecrm.dumps.postgres_tools import program

from .commands import Took, hastecrm, run
from .database import NAME, Filled

_SPEED = "two cores: the server wants both of them when it makes indexes"
FRESH = f"{NAME}_restore_1"
_DUMP = "restored"
_ALONE = """
set -e
dropdb --if-exists --force "$1"
createdb --template=template0 "$1"
"$2" --exit-on-error --no-owner --no-privileges --dbname="$1" < "$3"
psql -X -q -d "$1" -c ANALYZE
"""


def measure(database: Filled, runs: int) -> Sequence[Row]:
    """Take turns; return the rows."""
    place = dumped(database)
    plain = _plain(database)
    turns = [(_alone(database, plain), *_ours(database, place)) for _ in range(runs)]
    alone, restored, checked, hidden = (list(column) for column in zip(*turns, strict=True))
    drop(database, place, FRESH)
    n = f"{database.n:,} contacts"
    ratio = [100 * one.seconds / other.seconds for one, other in zip(restored, alone, strict=True)]
    return [
        Row(f"{n}: pg_restore alone, and ANALYZE", [each.seconds for each in alone], "s"),
        Row(f"{n}: `hastecrm restore`", [each.seconds for each in restored], "s"),
        Row(f"{n}: `hastecrm restore`, of the time of pg_restore alone", ratio, "%", goal=110, why=_SPEED),
        Row("Peak memory of it", [each.peak_mib for each in restored], "MiB", goal=100),
        Row(f"{n}: every check of what was restored", [each.seconds for each in checked], "s"),
        Row(f"{n}: every contact anonymised", [each.seconds for each in hidden], "s"),
    ]


def dumped(database: Filled) -> dict[str, str]:
    """Take a dump to the bench's own folder; return the settings that find it."""
    place = {**database.settings(), "HASTECRM_BACKUP_DIRECTORY": str(database.folder)}
    hastecrm("backup", "--name", _DUMP, environment=place)
    return place


def restore(place: dict[str, str]) -> Took:
    """Restore the dump beside the database in use."""
    return hastecrm("restore", "--name", _DUMP, "--into", FRESH, environment=place)


def drop(database: Filled, place: dict[str, str], name: str) -> None:
    """Drop what was restored or replaced."""
    hastecrm("drop-database", "--database", name, environment=place | database.settings())


def report(took: Took) -> dict[str, float]:
    """Return what a command has reported."""
    said: dict[str, float] = json.loads(took.output)
    return said


def _ours(database: Filled, place: dict[str, str]) -> tuple[Took, Took, Took]:
    restored = restore(place)
    checked = hastecrm("verify", "--name", _DUMP, "--database", FRESH, environment=place)
    return restored, checked, hastecrm("anonymise", "--database", FRESH, environment=database.settings())


def _alone(database: Filled, plain: Path) -> Took:
    return run(["sh", "-c", _ALONE, "sh", f"{NAME}_alone", program("pg_restore"), plain], _libpq(database))


def _plain(database: Filled) -> Path:
    target = database.folder / "plain.dump"
    command: list[str | Path] = [
        program("pg_dump"),
        "--format=custom",
        "--compress=0",
        "--enable-row-security",
        NAME,
    ]
    run(["sh", "-c", f'"$@" > "{target}"', "sh", *command], _libpq(database))
    return target


def _libpq(database: Filled) -> dict[str, str]:
    tools = str(program("pg_dump").parent)
    return {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database.server.port),
        "PGUSER": "hastecrm",
        "PGPASSWORD": PASSWORD,
        "PGOPTIONS": "-c hastecrm.system=on",
    }
