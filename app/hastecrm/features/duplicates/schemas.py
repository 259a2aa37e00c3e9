"""Duplicates as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from hastecrm.core.bodies import BODY, SHOWN
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.rendering import shown
from hastecrm.core.records.schemas import models_of
from hastecrm.features.duplicates.domain import Alike, Match, Pair, PairPage

_SCORE = "How likely it is that they are the same, 0 to 100: the sum of the weights, at most 100."


class Dismissal(BaseModel):
    """What somebody says about a pair."""

    model_config = ConfigDict(**BODY, defer_build=True)

    is_dismissed: bool = Field(strict=True, description="Whether the two are not the same.")


class ShownFact(BaseModel):
    """Something that two records have in common, and how much it adds to the score."""

    model_config = SHOWN

    fact: Literal["email", "phone", "name", "place", "domain", "spelling"]
    weight: int = Field(ge=0, le=100)


@dataclass(frozen=True, slots=True)
class Models:
    """The answers of one kind: one pair, a page of pairs, and what is like one record."""

    pair: type[BaseModel]
    pairs: type[BaseModel]
    alike: type[BaseModel]


@lru_cache
def answers_of(kind: Kind) -> Models:
    """Return the models of the answers of a kind, made once."""
    record: Any = models_of(kind).shown
    matched: dict[str, Any] = {
        "score": (int, Field(ge=0, le=100, description=_SCORE)),
        "facts": (list[ShownFact], ...),
        "is_dismissed": (bool, Field(description="Whether somebody said that they are not the same.")),
    }
    pair = _model(
        f"Shown{kind.type_name}Pair", {"id": (UUID, ...), "records": (list[record], ...), **matched}
    )
    alike = _model(f"Shown{kind.type_name}Alike", {"record": (record, ...), **matched})
    return Models(
        pair,
        _model(f"Shown{kind.type_name}Pairs", {"items": (_list(pair), ...), "next": (str | None, ...)}),
        _model(f"Shown{kind.types_name}Alike", {"items": (_list(alike), ...)}),
    )


def _list(model: Any) -> Any:
    return list[model]


def _model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    made: type[BaseModel] = create_model(name, __config__=SHOWN, **fields)
    return made


def alike_json(found: Sequence[Alike]) -> dict[str, Any]:
    """Return what is shown of what is like a record."""
    return {
        "items": [
            {"record": shown(each.match.kind, each.record), **_matched(each.match, each.is_dismissed)}
            for each in found
        ]
    }


def pair_json(pair: Pair) -> dict[str, Any]:
    """Return what is shown of a pair."""
    records = [shown(pair.match.kind, record) for record in pair.records]
    return {"id": pair.id, "records": records, **_matched(pair.match, pair.is_dismissed)}


def pairs_json(page: PairPage) -> dict[str, Any]:
    """Return what is shown of a page of pairs."""
    return {"items": [pair_json(pair) for pair in page.items], "next": page.next}


def _matched(match: Match, is_dismissed: bool) -> dict[str, Any]:
    facts = [{"fact": fact.label, "weight": weight} for fact, weight in match.weights.items()]
    return {"score": match.score, "facts": facts, "is_dismissed": is_dismissed}
