"""What a principal gets to know about duplicates, and says about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hastecrm.core.bodies import not_found
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.service import RecordService
from hastecrm.features.duplicates.cursor import Wanted, encode
from hastecrm.features.duplicates.domain import Alike, Pair, PairPage
from hastecrm.features.duplicates.repository import Duplicates

_LOOKED_AT: Final = 1_000  # pairs of a page, for those who see few of them


@dataclass(frozen=True, slots=True)
class DuplicateService:
    """The duplicates among the records of one kind."""

    records: RecordService
    duplicates: Duplicates

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.records.kind

    async def alike(self, who: Principal, record: UUID) -> Sequence[Alike]:
        """Return what may be the same as a record; raises `BusinessError` when it is not there to be seen."""
        await self.records.get(who, record)
        return await self.duplicates.alike(who.scope, record)

    async def page(self, who: Principal, wanted: Wanted) -> PairPage:
        """Return a page of pairs, the likeliest first.

        It may hold fewer than were asked for, or none, and yet be followed by others: only so many pairs are
        looked at for those who do not see all records.
        """
        most = wanted.limit + 1 if who.owners is None else _LOOKED_AT
        looked_at = await self.duplicates.looked_at(who.scope, wanted, most)
        shown = [(place, pair) for place, pair in looked_at if pair is not None]
        items = [pair for _, pair in shown[: wanted.limit]]
        if len(shown) > wanted.limit:
            return PairPage(items, encode(shown[wanted.limit - 1][0]))
        return PairPage(items, encode(looked_at[-1][0]) if len(looked_at) == most else None)

    async def dismiss(self, who: Principal, pair: UUID, *, is_dismissed: bool) -> Pair:
        """Say that two records are not the same, or take that back; raises `BusinessError` for none."""
        found = await self.duplicates.dismiss(who, pair, is_dismissed=is_dismissed)
        if found is None:
            raise not_found("pair of duplicates")
        return found
