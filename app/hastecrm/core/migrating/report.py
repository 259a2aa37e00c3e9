"""What `hastecrm migrate --plan` says: what would run, what it locks, and what that means for older code."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from hastecrm.core.migrating.plan import Plan
from hastecrm.core.migrating.statements import locks_of
from hastecrm.core.schema import Migration
from hastecrm.core.termination import REPORT_BYTES

_SIZES: Final = (
    "SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class "
    "WHERE relkind IN ('r', 'p', 'i') AND relnamespace = 'public'::regnamespace"
)
_MOST: Final = 12  # locks of one migration that are told
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


async def table_sizes(connection: Any) -> Mapping[str, int]:
    """Return the bytes of each table, with its indexes, and of each index."""
    return {row["name"]: row["bytes"] for row in await connection.fetch(_SIZES)}


def plan_report(planned: Plan, sizes: Mapping[str, int], *, previous: int | None = None) -> dict[str, Any]:
    """Return the report; `previous` is the code that runs now, if it is not the newest for this database."""
    made: set[str] = set()
    everything = sorted((*planned.run, *planned.deferred), key=lambda each: each.version)
    report = {
        "from": planned.before.as_json(),
        "to": planned.after.as_json(),
        "pending": [_entry(each, sizes, made) for each in everything],
        "deferred": [each.name for each in planned.deferred],
        "previousStillWorks": planned.suits(planned.newest if previous is None else previous),
        # No migration has ever been tried on these data, so each deserves a way back.
        "needsBackup": bool(planned.newest and planned.run),
    }
    return _shortened(report)


def _shortened(report: dict[str, Any]) -> dict[str, Any]:
    """Leave out the oldest migrations, and say how many, until a Job's report has room."""
    pending = report["pending"]
    while len(orjson.dumps(report)) > REPORT_BYTES and pending:
        del pending[0]
        report["omitted"] = report.get("omitted", 0) + 1
    return report


def _entry(migration: Migration, sizes: Mapping[str, int], made: set[str]) -> dict[str, Any]:
    found = locks_of(migration.sql, made)
    shown = [_with_size(lock, sizes) for lock in found[:_MOST]]
    if len(found) > _MOST:
        shown.append(f"and {len(found) - _MOST} more")
    return {
        "name": migration.name,
        "version": migration.version,
        "phase": migration.phase,
        "compatibleFrom": migration.compatible_from,
        "locks": shown,
    }


def _with_size(lock: str, sizes: Mapping[str, int]) -> str:
    size = sizes.get(lock.partition(":")[0])
    return lock if size is None else f"{lock} ({_human(size)})"


def _human(size: float) -> str:
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
