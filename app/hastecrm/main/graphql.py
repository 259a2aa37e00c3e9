"""The GraphQL schema of all features."""

from collections.abc import Sequence

import strawberry
from strawberry.tools import merge_types

Roots = tuple[type, type]


def schema_of(roots: Sequence[Roots]) -> strawberry.Schema:
    """Return one schema of each feature's queries and mutations."""
    query = merge_types("Query", tuple(root[0] for root in roots))
    mutation = merge_types("Mutation", tuple(root[1] for root in roots))
    return strawberry.Schema(query, mutation)
