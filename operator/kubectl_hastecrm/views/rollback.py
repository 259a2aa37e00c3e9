"""What going back to a revision means, told before it is done."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.views.layout import Cell, pairs, styled
from kubectl_hastecrm.views.status import verdict_line

JSON = Mapping[str, Any]
_MEANINGS: Final = {
    "Safe": "the schema of today serves that revision: no data is lost",
    "NeedsRestore": "that revision cannot read the schema of today: it needs --restore-data",
    "Freeze": "nothing of what is recorded can go on with the data of today",
}


def target(body: JSON, records: Sequence[JSON], to: int | None) -> int:
    """Return the revision to go back to; raises Problem when it is not recorded."""
    known = sorted(int(record["revision"]) for record in records)
    status = body.get("status", {})
    current = status.get("revision") or (known[-1] if known else 0)
    wanted = (
        to or (status.get("rollback") or {}).get("to") or max((n for n in known if n < current), default=0)
    )
    name = body["metadata"]["name"]
    if not wanted:
        raise Problem(f"there is no revision of {name} before this one; see `history {name}`", Exit.NOT_FOUND)
    if wanted not in known:
        there = ", ".join(map(str, known)) or "none"
        raise Problem(f"revision {wanted} of {name} is not recorded; recorded: {there}", Exit.NOT_FOUND)
    return wanted


def outlook(body: JSON, records: Sequence[JSON], wanted: int, *, restore_data: bool) -> Table:
    """Return what would run, and whether the data stays."""
    record = next(r for r in records if r["revision"] == wanted)
    data, status = record.get("data") or {}, body.get("status", {})
    rows: list[tuple[str, Cell]] = [
        ("Runs now", f"version {status.get('version', '?')}, revision {status.get('revision', '?')}"),
        ("Goes back to", f"version {(data.get('spec') or {}).get('version', '?')}, revision {wanted}"),
        ("Image", (data.get("images") or {}).get("app", "?")),
        ("Verdict", _verdict(status, data, wanted)),
        ("Data", _data(status, restore_data=restore_data)),
    ]
    return pairs(rows)


def _verdict(status: JSON, data: JSON, wanted: int) -> Cell:
    told = status.get("rollback") or {}
    if told.get("to") == wanted:
        return verdict_line(told)
    word = verdict(status.get("schema") or {}, data.get("schema") or {})
    return styled(word) + f": {_MEANINGS[word]}" if word else "unknown: no schema is recorded"


def verdict(live: JSON, recorded: JSON) -> str:
    """Return Safe or NeedsRestore from the schema of today and that of a revision; "" when one is unknown."""
    if not live or not recorded:
        return ""
    return "Safe" if recorded["version"] >= live["compatibleFrom"] else "NeedsRestore"


def _data(status: JSON, *, restore_data: bool) -> str:
    if not restore_data:
        return "stays as it is"
    backup = (status.get("release") or {}).get("backup")
    return f"goes back to {backup or 'the backup before the upgrade'}: what was written since is lost"
