"""The releases of an object, as recorded and as rejected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kubectl_hastecrm.views.layout import Cell, section, styled, table
from kubectl_hastecrm.views.times import age

JSON = Mapping[str, Any]
_COLUMNS: Final = ("REVISION", "VERSION", "RESULT", "SCHEMA", "BACKUP BEFORE", "MADE", "IMAGE", "")


def newest_first(revisions: Sequence[JSON]) -> list[JSON]:
    """Return the records in the order of their numbers."""
    return sorted(revisions, key=lambda record: -int(record["revision"]))


def history(body: JSON, revisions: Sequence[JSON], now: datetime) -> Group:
    """Return the recorded revisions, and what was rejected."""
    current = body.get("status", {}).get("revision")
    parts: list[RenderableType] = [_table(newest_first(revisions), current, now)]
    rejected = (body.get("status", {}).get("release") or {}).get("rejected") or ()
    if rejected:
        rows = [
            (r["hash"], Text(r["reason"], style="bad"), age(r["at"], now), r["message"]) for r in rejected
        ]
        parts.append(section("REJECTED", table(("HASH", "REASON", "AGE", "MESSAGE"), rows)))
    return Group(*parts)


def _table(records: Sequence[JSON], current: int | None, now: datetime) -> Table:
    return table(_COLUMNS, [_row(record, current, now) for record in records])


def _row(record: JSON, current: int | None, now: datetime) -> Sequence[Cell]:
    data = record.get("data") or {}
    schema = data.get("schema") or {}
    made = record["metadata"].get("creationTimestamp")
    return (
        str(record["revision"]),
        (data.get("spec") or {}).get("version", "-"),
        styled(data.get("result") or "-"),
        str(schema.get("version", "-")),
        data.get("backup") or "-",
        age(made, now),
        (data.get("images") or {}).get("app", "-"),
        Text("← runs", style="good") if record["revision"] == current else "",
    )
