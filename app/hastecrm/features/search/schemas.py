"""Search as JSON: what is asked is checked here, what is found is shaped here."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import SHOWN
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.features.search.domain import FEWEST_LETTERS, Found, Hit, Kind, Query, needles_of

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 50
MAX_TEXT: Final = 200


class ShownPassage(BaseModel):
    """A field in which something was found."""

    model_config = SHOWN

    field: str
    value: str
    ranges: list[tuple[int, int]] = Field(
        description="Where it is: the first character and the one behind the last, counted in code points."
    )


class ShownHit(BaseModel):
    """A record that was found."""

    model_config = SHOWN

    kind: Kind
    id: UUID
    title: str
    subtitle: str | None
    matches: list[ShownPassage]


class ShownResults(BaseModel):
    """What was found."""

    model_config = SHOWN

    items: list[ShownHit]
    complete: bool = Field(
        description="False where so much fits that not all of it was compared: more letters narrow it down."
    )
    corrected: bool = Field(
        description="Whether these have similar words, because nothing has those that were typed."
    )


def parse_query(given: Mapping[str, str]) -> Query:
    """Return what a query string asks for; raises `InvalidInputError`."""
    kinds = given["kinds"].split(",") if "kinds" in given else None
    return query_of(given.get("q", ""), kinds, given.get("limit"))


def query_of(text: str, kinds: list[str] | None, limit: str | None) -> Query:
    """Return what is asked for; raises `InvalidInputError`."""
    return Query(_needles(text), _kinds(kinds), _limit(limit))


def results_json(found: Found) -> dict[str, Any]:
    """Return what was found as it is shown to clients."""
    items = [_hit_json(hit) for hit in found.hits]
    return {"items": items, "complete": found.complete, "corrected": found.corrected}


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "kind": hit.kind,
        "id": str(hit.record),  # asyncpg returns a subclass that orjson does not know
        "title": hit.title,
        "subtitle": hit.subtitle,
        "matches": [
            {"field": each.field, "value": each.value, "ranges": each.ranges} for each in hit.passages
        ],
    }


def _needles(text: str) -> Any:
    text = text.strip()
    if len(text) > MAX_TEXT or not text.isprintable():
        raise _wrong("q", f"must be at most {MAX_TEXT} printable characters")
    if not (needles := needles_of(text)):
        raise _wrong("q", f"must have a word of at least {FEWEST_LETTERS} letters or digits")
    return needles


def _kinds(given: list[str] | None) -> list[Kind]:
    names = list(dict.fromkeys(Kind if given is None else given))
    if not names or any(name not in list(Kind) for name in names):
        raise _wrong("kinds", f"must be some of {', '.join(Kind)}, separated by commas")
    return [Kind(name) for name in names]


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise _wrong("limit", f"must be a whole number from 1 to {MAX_LIMIT}")


def _wrong(name: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{name} {problem}.", errors=[FieldProblem(name, problem, in_query=True)])
