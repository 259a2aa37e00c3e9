"""Search over GraphQL: the same use case, rights and checks as over REST."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.search import domain
from hastecrm.features.search.schemas import DEFAULT_LIMIT, query_of
from hastecrm.features.search.service import SearchService

strawberry.enum(domain.Kind, name="SearchKind", description="What can be found.")


@strawberry.type
class SearchPassage:
    """A field in which something was found; ranges are the first character and the one behind the last."""

    field: str
    value: str
    ranges: list[list[int]]


@strawberry.type
class SearchHit:
    """A record that was found."""

    kind: domain.Kind
    id: UUID
    title: str
    subtitle: str | None
    matches: list[SearchPassage]

    @classmethod
    def of(cls, hit: domain.Hit) -> Self:
        """Return a hit as GraphQL shows it."""
        matches = [
            SearchPassage(field=each.field, value=each.value, ranges=[list(one) for one in each.ranges])
            for each in hit.passages
        ]
        return cls(kind=hit.kind, id=hit.record, title=hit.title, subtitle=hit.subtitle, matches=matches)


@strawberry.type
class SearchResults:
    """What was found; not complete where so much fits that not all of it was compared."""

    items: list[SearchHit]
    complete: bool
    corrected: bool


def root_types(service: SearchService) -> tuple[type]:
    """Return the query."""

    @strawberry.type
    class Query:
        @field(Right(Resource.CONTACT, Verb.READ))
        async def search(
            self, info: Info, q: str, kinds: list[domain.Kind] | None = None, limit: int = DEFAULT_LIMIT
        ) -> SearchResults:
            """Records with these words or beginnings of words, the best first."""
            names = None if kinds is None else [kind.value for kind in kinds]
            found = await service.search(principal_of(info), query_of(q, names, str(limit)))
            items = [SearchHit.of(hit) for hit in found.hits]
            return SearchResults(items=items, complete=found.complete, corrected=found.corrected)

    return (Query,)
