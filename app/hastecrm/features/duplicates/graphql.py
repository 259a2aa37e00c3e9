"""Duplicates over GraphQL: the same use cases, rights and checks as over REST."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.pagination import DEFAULT_LIMIT
from hastecrm.core.policy import Right, Verb
from hastecrm.features.duplicates.cursor import Wanted
from hastecrm.features.duplicates.domain import LISTED, Match, Pair
from hastecrm.features.duplicates.service import DuplicateService


@strawberry.type
class DuplicateFact:
    """Something that two records have in common, and how much it adds to the score."""

    fact: str
    weight: int


def root_types(services: Sequence[DuplicateService], records: Mapping[str, type]) -> tuple[type, type]:
    """Return the queries and mutations, for each kind; `records` are the types of records."""
    queries: dict[str, Any] = {}
    mutations: dict[str, Any] = {}
    for service in services:
        kind, of_kind = service.kind, _Fields(service, records[service.kind.name])
        queries[f"duplicates_of_{kind.name}"] = of_kind.alike()
        queries[f"duplicate_{kind.plural}"] = of_kind.pairs()
        mutations[f"change_duplicate_{kind.plural}"] = of_kind.dismiss()
    return (
        strawberry.type(type("Query", (), queries)),
        strawberry.type(type("Mutation", (), mutations)),
    )


class _Fields:
    """The root fields of one kind."""

    def __init__(self, service: DuplicateService, record: Any) -> None:
        kind = service.kind
        matched = {"score": int, "facts": list[DuplicateFact], "is_dismissed": bool}
        self._service, self._label = service, kind.labels
        self._read, self._update = (field(Right(kind.resource, verb)) for verb in (Verb.READ, Verb.UPDATE))
        self._alike = _type(f"{kind.type_name}Alike", {"record": record, **matched})
        self._pair = _type(f"{kind.type_name}Pair", {"id": UUID, "records": list[record], **matched})
        self._page = _type(f"{kind.type_name}Pairs", {"items": _list(self._pair), "next": str | None})

    def alike(self) -> Any:
        service, made = self._service, self._alike
        found: Any = _list(made)

        async def alike(self: Any, info: Info, id: UUID) -> found:  # noqa: A002, ARG001 - the client's name; strawberry passes it
            each = await service.alike(principal_of(info), id)
            return [made(record=one.record, **_matched(one.match, one.is_dismissed)) for one in each]

        return self._read(_told(alike, f"{self._label.capitalize()} that may be the same as this one."))

    def pairs(self) -> Any:
        service, pair_of = self._service, self._of
        page: Any = self._page

        async def pairs(
            self: Any,  # noqa: ARG001
            info: Info,
            limit: int = DEFAULT_LIMIT,
            cursor: str | None = None,
            min_score: int = LISTED,
            dismissed: bool = False,
        ) -> page:
            asked = {"limit": str(limit), "min_score": str(min_score), "dismissed": str(dismissed).lower()}
            wanted = Wanted.of(asked | ({"cursor": cursor} if cursor else {}))
            found = await service.page(principal_of(info), wanted)
            return page(items=[pair_of(pair) for pair in found.items], next=found.next)

        return self._read(_told(pairs, f"Pairs of {self._label} that may be the same, the likeliest first."))

    def dismiss(self) -> Any:
        service, pair_of = self._service, self._of
        pair: Any = self._pair

        async def dismiss(self: Any, info: Info, id: UUID, is_dismissed: bool) -> pair:  # noqa: A002, ARG001
            return pair_of(await service.dismiss(principal_of(info), id, is_dismissed=is_dismissed))

        return self._update(_told(dismiss, f"Say whether two {self._label} are not the same."))

    def _of(self, pair: Pair) -> Any:
        return self._pair(id=pair.id, records=pair.records, **_matched(pair.match, pair.is_dismissed))


def _list(made: Any) -> Any:
    return list[made]


def _matched(match: Match, is_dismissed: bool) -> dict[str, Any]:
    facts = [DuplicateFact(fact=fact.label, weight=weight) for fact, weight in match.weights.items()]
    return {"score": match.score, "facts": facts, "is_dismissed": is_dismissed}


def _type(name: str, fields: Mapping[str, Any]) -> Any:
    doc = "Records that may be the same, and why."
    return strawberry.type(type(name, (), {"__doc__": doc, "__annotations__": dict(fields)}))


def _told(resolver: Any, description: str) -> Any:
    resolver.__doc__ = description
    return resolver
