"""What the programs of a restore report at their end, as what is to be remembered. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hastecrm_operator.engine.backups.reports import Refusal
from hastecrm_operator.engine.restores.work import Work

JSON = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a Job ended: why it failed, or what the status learns from it."""

    refusal: Refusal | None
    learnt: Mapping[str, Any]


def learnt_from(work: Work, words: str) -> dict[str, Any]:
    """Return what a report adds to the status; a report that is lost adds nothing."""
    try:
        said = orjson.loads(words)
        found = _LEARNT[work](said) if work in _LEARNT else {}
    except (ValueError, AttributeError):
        return {}
    return {key: value for key, value in found.items() if value is not None}


def _of_swap(said: JSON) -> JSON:
    return {"replaced": said.get("replaced"), "outage": _outage(said.get("outageMs"))}


def _outage(milliseconds: object) -> str | None:
    return f"{milliseconds}ms" if isinstance(milliseconds, int) and milliseconds > 0 else None


_LEARNT: Mapping[Work, Callable[[JSON], JSON]] = {
    Work.LOAD: lambda said: {"rows": said.get("rows")},
    Work.ANONYMISE: lambda said: {"anonymised": said.get("columns")},
    Work.SWAP: _of_swap,
    Work.UNDO: _of_swap,
}
