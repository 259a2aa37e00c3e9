"""The GraphQL schema of all features; imported when it is asked for."""

from collections.abc import Sequence

import strawberry
from strawberry.tools import merge_types

from hastecrm.core.graphql.cost import Limits
from hastecrm.core.graphql.endpoint import GraphQL
from hastecrm.core.metrics import Metrics
from hastecrm.core.records.graph.build import graph_of
from hastecrm.core.settings import Settings
from hastecrm.features.search.graphql import root_types as search_types
from hastecrm.features.search.service import SearchService
from hastecrm.main.records import Services

Roots = tuple[type, ...]  # queries and, where there are some, mutations


def endpoint(services: Services, search: SearchService, settings: Settings, metrics: Metrics) -> GraphQL:
    """Return what answers GraphQL requests."""
    told = settings.graphql_introspection or settings.environment == "development"
    schema = schema_of(services, [search_types(search)])
    return GraphQL(schema, metrics, limits=Limits(), introspection=told)


def schema_of(services: Services, more: Sequence[Roots]) -> strawberry.Schema:
    """Return one schema of the queries and mutations over records, and those of other features."""
    graph = graph_of(services)
    roots = [*graph.roots, *more]
    query = merge_types("Query", tuple(root[0] for root in roots))
    mutation = merge_types("Mutation", tuple(each for root in roots for each in root[1:]))
    schema = strawberry.Schema(query, mutation)
    graph.resolve_fast(schema._schema)  # noqa: SLF001 - strawberry has no public name for what it built
    return schema
