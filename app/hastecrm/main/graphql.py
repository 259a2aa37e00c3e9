"""The GraphQL schema of all features; imported when it is asked for."""

from collections.abc import Sequence

import strawberry
from strawberry.tools import merge_types

from hastecrm.core.graphql.cost import Limits
from hastecrm.core.graphql.endpoint import GraphQL
from hastecrm.core.graphql.texts import Texts
from hastecrm.core.metrics import Metrics
from hastecrm.core.records.graph.build import Graph, graph_of
from hastecrm.core.settings import Settings
from hastecrm.features.ai.graphql import mutation_type as ai_mutations
from hastecrm.features.automations.graphql import root_types as automation_types
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.graphql import root_types as deal_types
from hastecrm.features.deals.graphql.fields import fields as deal_fields
from hastecrm.features.duplicates.graphql import root_types as duplicate_types
from hastecrm.features.events.graphql import subscription_type
from hastecrm.features.imports.graphql import root_types as import_types
from hastecrm.features.imports.record_graphql import root_types as import_record_types
from hastecrm.features.mail.graphql import root_types as mail_types
from hastecrm.features.mailboxes.graphql import root_types as mailbox_types
from hastecrm.features.merges.graphql import root_types as merging_types
from hastecrm.features.pipelines.graphql import root_types as pipeline_types
from hastecrm.features.privacy.graphql import root_types as privacy_types
from hastecrm.features.reports.graphql import root_types as report_types
from hastecrm.features.search.graphql import root_types as search_types
from hastecrm.features.timeline.graphql import root_types as timeline_types
from hastecrm.features.webhooks.graphql import root_types as webhook_types
from hastecrm.main.duplicates import duplicates_of
from hastecrm.main.imports import imports_of
from hastecrm.main.merges import merges_of
from hastecrm.main.selling import Served

Roots = tuple[type, ...]  # queries and, where there are some, mutations


def endpoint(served: Served, texts: Texts, settings: Settings, metrics: Metrics) -> GraphQL:
    """Return what answers GraphQL requests."""
    told = settings.graphql_introspection or settings.environment == "development"
    return GraphQL(schema_of(served), texts, metrics, limits=Limits(), introspection=told)


def schema_of(served: Served) -> strawberry.Schema:
    """Return one schema of the queries and mutations over records, and those of other features."""
    selling = served.selling
    graph = graph_of(served.records, {DEAL.name: deal_fields(selling.deals.records.database)})
    roots = roots_of(served, graph)
    query = merge_types("Query", tuple(root[0] for root in roots))
    mutation = merge_types("Mutation", tuple(each for root in roots for each in root[1:]))
    records = [(service.kind, graph.shapes[name].record) for name, service in graph.services.items()]
    subscription = subscription_type(records, selling.deals.records.database)
    schema = strawberry.Schema(query, mutation, subscription)
    graph.resolve_fast(schema._schema)  # noqa: SLF001 - strawberry has no public name for what it built
    return schema


def roots_of(served: Served, graph: Graph) -> Sequence[Roots]:
    """Return the root types of all features."""
    selling = served.selling
    return [
        *graph.roots,
        (*search_types(served.search), *import_types(imports_of(served.records))),
        duplicate_types(duplicates_of(served.records), graph.record_types),
        merging_types(merges_of(served.records), graph.record_types),
        pipeline_types(selling.pipelines),
        deal_types(selling.deals, selling.moves, selling.boards, graph.shapes[DEAL.name].record),
        timeline_types(selling.timelines),
        (
            *mail_types(served.mail, graph.shapes["activity"].record),
            *mailbox_types(served.mailboxes),
            ai_mutations(served.ai),
        ),
        webhook_types(served.webhooks),
        privacy_types(served.privacy),
        report_types(selling.reports),
        import_record_types(served.imports, graph.shapes["import"].record),
        automation_types(served.automations),
    ]
