"""What a restore would do, told before it is done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.table import Table

from kubectl_hastecrm.views.layout import Cell, pairs
from kubectl_hastecrm.views.times import age, size

JSON = Mapping[str, Any]


def before(dump: JSON, target: JSON, now: datetime) -> Table:
    """Return what comes back, and what it replaces."""
    status, live = dump.get("status") or {}, target.get("status") or {}
    schema = status.get("schema") or {}
    proven = f"{age(status['verifiedAt'], now)} ago" if status.get("verifiedAt") else "never"
    taken = age(status.get("takenAt"), now)
    rows: list[tuple[str, Cell]] = [
        ("Dump", f"{status.get('name') or dump['metadata']['name']}, {size(status.get('bytes'))}"),
        ("Taken", f"{taken} ago: what was written since is lost"),
        ("Schema", f"{schema.get('version', '?')} (today: {(live.get('schema') or {}).get('version', '?')})"),
        ("Rows", str(status.get("rows", "?"))),
        ("Proven", proven),
        ("Into", f"{target['metadata']['name']} (version {live.get('version', '?')})"),
    ]
    return pairs(rows)
