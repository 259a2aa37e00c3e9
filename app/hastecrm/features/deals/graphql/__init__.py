"""Deals over GraphQL beside what all records have: the same use cases, rights and checks as over REST."""

from hastecrm.features.deals.graphql import boards as _boards
from hastecrm.features.deals.graphql import changes as _changes
from hastecrm.features.deals.repository.board import Boards
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.deals.service.moves import MoveService


def root_types(deals: DealService, moves: MoveService, boards: Boards, deal: type) -> tuple[type, type]:
    """Return the queries over boards, and the mutations that move; `deal` is the type of a deal."""
    return _boards.queries(boards), _changes.mutations(deals, moves, deal)
