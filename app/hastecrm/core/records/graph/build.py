"""Puts the GraphQL of all kinds together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLSchema

from hastecrm.core.records.graph.fast import resolve_fast
from hastecrm.core.records.graph.relations import Relation, describe, relations_of
from hastecrm.core.records.graph.roots import mutations, queries
from hastecrm.core.records.graph.shapes import Shape, shapes_of
from hastecrm.core.records.service import RecordService

Services = Mapping[str, RecordService]


@dataclass(frozen=True, slots=True)
class Graph:
    """What all kinds add to the schema; `types` are those of their records, for fields that features add."""

    services: Services
    shapes: Mapping[str, Shape]
    relations: Mapping[str, Mapping[str, Relation]]

    @property
    def roots(self) -> Sequence[tuple[type, type]]:
        """The queries and mutations of each kind."""
        return [
            (queries(shape, self.services[name]), mutations(shape, self.services[name]))
            for name, shape in self.shapes.items()
        ]

    @property
    def record_types(self) -> Mapping[str, type]:
        """The types of records, by the names of their kinds."""
        return {name: shape.record for name, shape in self.shapes.items()}

    def resolve_fast(self, schema: GraphQLSchema) -> None:
        """Let records answer for their fields without detours; to be called once the schema is made."""
        for name, service in self.services.items():
            resolve_fast(schema, service.kind, self.relations[name], service.records.database)


def graph_of(services: Services, more: Mapping[str, Mapping[str, Any]] | None = None) -> Graph:
    """Return the GraphQL of these kinds; `more` are fields that features add to a kind's records."""
    kinds = {name: service.kind for name, service in services.items()}
    shapes = shapes_of(list(kinds.values()))
    relations = {
        name: {relation.name: relation for relation in relations_of(kind, kinds)}
        for name, kind in kinds.items()
    }
    for name, shape in shapes.items():
        for relation in relations[name].values():
            describe(shape, relation, shapes)
        for field, added in (more or {}).get(name, {}).items():
            setattr(shape.record, field, added)
        strawberry.type(shape.record)
    return Graph(services, shapes, relations)
