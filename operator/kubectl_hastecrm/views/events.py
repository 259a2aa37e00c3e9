"""The events of an object and of everything that belongs to it, in the order of time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from hastecrm_operator.api import names
from kubectl_hastecrm.views.layout import Cell, table
from kubectl_hastecrm.views.times import age

JSON = Mapping[str, Any]
_COMPONENTS: Final = (
    *names.TIERS,
    names.POSTGRES,
    names.REDIS,
    names.MIGRATE,
    names.CHECK,
    names.PROOF,
    names.BACKUP,
    names.DRILL,
    names.RESTORE,
    names.ANALYSIS,
    names.STORES_TLS,
    names.CONFIG,
    names.KEYS,
    names.DATABASE,
    "plan",
    "contract",
    "final-backup",
    "canary",
)
_COLUMNS: Final = ("LAST", "COUNT", "TYPE", "REASON", "OBJECT", "MESSAGE")


def belongs_to(event: JSON, crm: str) -> bool:
    """Whether an event is about an object or one of its children, also one that is gone."""
    about = event["involvedObject"]
    name = about.get("name", "")
    if about.get("kind") == names.KIND:
        return bool(name == crm)
    if about.get("kind", "").startswith(names.KIND):  # backups and restores
        return bool(name == crm or name.startswith(f"{crm}-"))
    # Names are all that is left of a child that is gone: `acme-eu-api` is none of acme's.
    child = rf"(data-)?{re.escape(crm)}(-({'|'.join(_COMPONENTS)})(-.*)?)?"
    return re.fullmatch(child, name) is not None


def in_order(events: Iterable[JSON]) -> list[JSON]:
    """Return events with the newest one last."""
    return sorted(events, key=last_seen)


def last_seen(event: JSON) -> str:
    """Return when an event was seen last."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next(filter(None, times), event["metadata"].get("creationTimestamp") or ""))


def events(found: Iterable[JSON], now: datetime) -> Table:
    """Return the events as a table."""
    return table(_COLUMNS, (row(event, now) for event in found))


def row(event: JSON, now: datetime) -> Sequence[Cell]:
    """Return one event."""
    about, warning = event["involvedObject"], event.get("type") == "Warning"
    count = (event.get("series") or {}).get("count") or event.get("count") or 1
    return (
        age(last_seen(event), now),
        str(count),
        Text(event.get("type", ""), style="bad" if warning else "quiet"),
        event.get("reason", ""),
        Text(f"{about.get('kind', '')}/{about.get('name', '')}", style="name"),
        event.get("message", "").strip(),
    )
