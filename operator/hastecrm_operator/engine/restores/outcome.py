"""What the programs of a restore report at their end, as what is to be remembered. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hastecrm_operator.engine.backups.reports import Refusal


@dataclass(frozen=True)
class Outcome:
    """How a Job ended: why it failed, or what the status learns from it."""

    refusal: Refusal | None
    learnt: Mapping[str, Any]


def learnt_from(words: str) -> dict[str, Any]:
    """Return what a report adds to the status; a report that is lost adds nothing."""
    try:
        said = orjson.loads(words)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    found = {
        "rows": said.get("rows") if "tables" in said else None,
        "replaced": said.get("replaced"),
        "outage": _outage(said.get("outageMs")),
        "anonymised": said.get("columns"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _outage(milliseconds: object) -> str | None:
    return f"{milliseconds}ms" if isinstance(milliseconds, int) and milliseconds > 0 else None
