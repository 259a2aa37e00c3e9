"""What PostgreSQL did for a statement."""

import json
from collections.abc import Iterator
from typing import Any


async def explained(connection: Any, statement: str, *values: Any) -> Any:
    """Run a statement and return its plan, with what came of each part of it."""
    [[told]] = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    return json.loads(told)[0]["Plan"]


def nodes(part: Any) -> Iterator[Any]:
    """Yield a part of a plan and all parts below it."""
    yield part
    for inner in part.get("Plans", ()):
        yield from nodes(inner)


def rows(scans: Iterator[Any] | list[Any]) -> int:
    """How many rows scans looked at: those that came and those that a filter threw away."""
    return sum(
        round((each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"])
        for each in scans
    )
