"""What going back to a revision means, told before it is done."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.releases.verdict import outlook as judge
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.views.layout import Cell, pairs
from kubectl_hastecrm.views.status import verdict_line

JSON = Mapping[str, Any]


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
    backup = backup_before(records, status, wanted)
    rows: list[tuple[str, Cell]] = [
        ("Runs now", f"version {status.get('version', '?')}, revision {status.get('revision', '?')}"),
        ("Goes back to", f"version {(data.get('spec') or {}).get('version', '?')}, revision {wanted}"),
        ("Image", (data.get("images") or {}).get("app", "?")),
        ("Verdict", _verdict(status, data, wanted, backup)),
        ("Data", _data(backup, restore_data=restore_data)),
    ]
    return pairs(rows)


def _verdict(status: JSON, data: JSON, wanted: int, backup: str) -> Cell:
    told = status.get("rollback") or {}
    if told.get("to") == wanted:
        return verdict_line(told)
    schema = SchemaStatus.model_validate(status["schema"]) if status.get("schema") else None
    found = judge(wanted, (data.get("schema") or {}).get("version"), schema, backup=bool(backup))
    return verdict_line({"verdict": found.way, "reason": found.reason})


def backup_before(records: Sequence[JSON], status: JSON, wanted: int) -> str:
    """Return the dump that was taken when revision `wanted` was left; "" for none."""
    later = [record for record in records if record["revision"] > wanted]
    after = min(later, key=lambda record: int(record["revision"]), default=None)
    left = after.get("data") if after else status.get("release")
    return str((left or {}).get("backup") or "")


def _data(backup: str, *, restore_data: bool) -> str:
    if not restore_data:
        return "stays as it is"
    if not backup:
        return "cannot go back: no dump is recorded from before the upgrade"
    return f"goes back to {backup}: what was written since is lost"
