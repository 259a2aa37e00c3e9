"""What can be found; knows no HTTP and no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from hastecrm.core.identity import Principal
from hastecrm.core.policy import Right, Verb, allows, covers
from hastecrm.core.scope import Scope
from hastecrm.features.search.domain import DOCUMENTS, Found, Kind, Match, Needle, Query, in_order
from hastecrm.features.search.highlight import Marker, hit_of
from hastecrm.features.search.repository import BEGINNING, Matches, Place, SearchIndex, sweep
from hastecrm.features.search.statements import OWNED
from hastecrm.features.search.words import nearest, tolerated

_CORRECTIONS: Final = 5  # words that one misspelt word is taken for
_SWEPT: Final = 20_000


class SearchService:
    """What a principal can find among the records that are theirs to see."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    async def search(self, who: Principal, query: Query) -> Found:
        """Return the records that have all of the words or begin with them; else those that nearly do."""
        return await self._index.at_once(who.scope, lambda index: _Search(index).found(who, query))


class _Search:
    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    async def found(self, who: Principal, query: Query) -> Found:
        query = replace(query, kinds=[kind for kind in query.kinds if _may_read(who, kind)])
        matches = await self._matches(who.scope, query)
        if matches.items:
            return await self._shown(who.scope, query, matches)
        meant = replace(query, needles=[await self._meant(who.scope, needle) for needle in query.needles])
        if meant.needles == query.needles:
            return Found((), complete=True)
        found = await self._shown(who.scope, meant, await self._matches(who.scope, meant))
        return replace(found, corrected=bool(found.hits))

    async def _matches(self, scope: Scope, query: Query) -> Matches:
        if scope.owners is not None and await self._index.owned(scope) <= OWNED:
            return await self._index.through(scope, query)
        if scope.owners is None and len(query.needles) == 1:
            return await self._index.by_one_word(scope, query)
        found = await self._by_words(scope, query)
        if found.complete or scope.owners is not None:
            return found
        newest = await self._index.through(scope, query)
        return Matches(_together(found.items, newest.items), complete=False)

    async def _by_words(self, scope: Scope, query: Query) -> Matches:
        counts = await self._index.counts(scope, query)
        return await self._index.by_words(scope, query, counts) if all(counts) else Matches(())

    async def _meant(self, scope: Scope, needle: Needle) -> Needle:
        if needle.digits or not tolerated(needle.prefix):
            return needle
        known = await self._index.spellings(scope, needle.prefix)
        return replace(needle, others=nearest(needle.prefix, known - {needle.prefix}, _CORRECTIONS))

    async def _shown(self, scope: Scope, query: Query, matches: Matches) -> Found:
        best = in_order(matches.items, query.limit)
        rows: Mapping[UUID, Any] = await self._index.rows(scope, best)
        marker = Marker.of(query.needles)
        hits = [
            hit_of(match, DOCUMENTS[match.kind], rows[match.record], marker)
            for match in best
            if match.record in rows
        ]
        return Found(hits, matches.complete)


def _may_read(who: Principal, kind: Kind) -> bool:
    right = Right(DOCUMENTS[kind].resource, Verb.READ)
    return allows(who.role, right) and (who.scopes is None or covers(who.scopes, right))


def _together(found: Sequence[Match], newest: Sequence[Match]) -> Sequence[Match]:
    """Return both, each record once; what is known to fit better counts."""
    return list({match.record: match for match in (*newest, *found)}.values())


@dataclass(slots=True)
class SweepSpellings:
    """The worker's job that forgets words which no record has any more, some at each run.

    A word that somebody adds at that very moment is forgotten, too: until the next record with it is
    stored, it is found, but not by a misspelling.
    """

    _after: Place = BEGINNING

    async def __call__(self, connection: Any) -> int:
        """Take the next part; return how many spellings were forgotten."""
        self._after, gone = await sweep(connection, self._after, _SWEPT)
        return gone
