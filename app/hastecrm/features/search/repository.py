"""The index of search in PostgreSQL; every statement names the workspace and reads a bounded number of rows.

Whose records a principal sees is left to row-level security, which the scope of each connection tells: it is
on the documents and on the records themselves.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections, UnitOfWork
from hastecrm.features.search import statements
from hastecrm.features.search.domain import BY_NUMBER, DOCUMENTS, Match, Query
from hastecrm.features.search.statements import CAP, FEW, NEAR

Place = tuple[UUID, str, str]  # of a spelling: workspace, variant, word
BEGINNING: Final[Place] = (UUID(int=0), "", "")


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found, and whether all that fits was compared."""

    items: Sequence[Match]
    complete: bool = True


T = TypeVar("T")


class SearchIndex:
    """The words of the records that a scope shows."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def at_once(self, scope: Scope, work: "Callable[[SearchIndex], Awaitable[T]]") -> T:
        """Do work whose statements share one connection: to borrow one costs as much as a small statement."""
        return await self._database.read(lambda db: work(SearchIndex(UnitOfWork(db, scope))), scope)

    async def by_one_word(self, scope: Scope, query: Query) -> Matches:
        """Return what has a word or begins with it; for a scope that shows everyone's records."""
        rows = await self._fetch(scope, *statements.by_one_word(query))
        return Matches([_match(row) for row in rows], complete=not rows or rows[0]["near"] < NEAR)

    async def counts(self, scope: Scope, query: Query) -> Sequence[int]:
        """Return how many entries each word has, up to the cap."""
        return list((await self._fetch(scope, *statements.counting(query)))[0][0])

    async def by_words(self, scope: Scope, query: Query, counts: Sequence[int]) -> Matches:
        """Return what has all of the words; `counts` says of which there are fewest."""
        order = sorted(range(len(counts)), key=counts.__getitem__)
        needles, fewest = [query.needles[n] for n in order], sorted(counts)
        second = needles[1:2] if fewest[0] > FEW else []
        rows = await self._fetch(scope, *statements.joining(query, needles, second))
        if not rows and second and fewest[0] < CAP <= fewest[1]:
            # Not among the newest of the second word: then its texts have to tell.
            second, rows = [], await self._fetch(scope, *statements.joining(query, needles, []))
        return Matches([_match(row) for row in rows], complete=fewest[len(second)] < CAP)

    async def owned(self, scope: Scope) -> int:
        """Return how many documents the owners of a scope have, up to one more than is looked through."""
        return int((await self._fetch(scope, statements.OWNED_BY, scope.owners))[0][0])

    async def through(self, scope: Scope, query: Query) -> Matches:
        """Look through documents themselves: those of a scope's owners, or the newest of everyone's."""
        rows = await self._fetch(scope, *statements.walking(query, scope.owners))
        return Matches([_match(row) for row in rows], complete=scope.owners is not None)

    async def spellings(self, scope: Scope, typed: str) -> set[str]:
        """Return words that differ little from what was typed, and more that have to be looked at."""
        return {row["word"] for row in await self._fetch(scope, *statements.spelling(typed))}

    async def rows(self, scope: Scope, matches: Sequence[Match]) -> Mapping[UUID, Any]:
        """Return the records themselves, those of them that are there and theirs to see."""
        found: dict[UUID, Any] = {}
        for kind in dict.fromkeys(match.kind for match in matches):
            ids = [match.record for match in matches if match.kind is kind]
            rows = await self._fetch(scope, statements.record_statement(DOCUMENTS[kind]), ids)
            found |= {row["id"]: row for row in rows}
        return found

    async def _fetch(self, scope: Scope, statement: str, *values: object) -> Sequence[Any]:
        return await self._database.read(lambda db: db.fetch(statement, scope.workspace, *values), scope)


async def sweep(connection: Any, after: Place, limit: int) -> tuple[Place, int]:
    """Forget spellings of words that no record has any more, among the next so many.

    Returns where the next ones begin, and how many were forgotten.
    """
    row = await connection.fetchrow(statements.SWEEP, *after, limit)
    return (tuple(row)[:3], row["gone"]) if row is not None else (BEGINNING, 0)


def _match(row: Any) -> Match:
    return Match(BY_NUMBER[row["kind"]], row["record_id"], (row["exact"], row["rank"]))
