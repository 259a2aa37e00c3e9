"""The GraphQL schema of all features; imported when it is asked for."""

from collections.abc import Sequence

import strawberry
from strawberry.tools import merge_types

from hastecrm.core.graphql.cost import Limits
from hastecrm.core.graphql.endpoint import GraphQL
from hastecrm.core.metrics import Metrics
from hastecrm.core.settings import Settings
from hastecrm.features.contacts.graphql import root_types as contact_types
from hastecrm.features.search.graphql import root_types as search_types
from hastecrm.features.search.service import SearchService
from hastecrm.main.records import Services

Roots = tuple[type, ...]  # queries and, where there are some, mutations


def endpoint(services: Services, search: SearchService, settings: Settings, metrics: Metrics) -> GraphQL:
    """Return what answers GraphQL requests."""
    told = settings.graphql_introspection or settings.environment == "development"
    schema = schema_of([contact_types(services["contact"]), search_types(search)])
    return GraphQL(schema, metrics, limits=Limits(), introspection=told)


def schema_of(roots: Sequence[Roots]) -> strawberry.Schema:
    """Return one schema of each feature's queries and mutations."""
    query = merge_types("Query", tuple(root[0] for root in roots))
    mutation = merge_types("Mutation", tuple(each for root in roots for each in root[1:]))
    return strawberry.Schema(query, mutation)
