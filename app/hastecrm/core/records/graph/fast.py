"""Resolves the fields of records without strawberry in between: a page has hundreds of them.

What strawberry does for each field (an object that tells about it, arguments made into Python's) takes as
long as reading the record did. The schema stays the same; only who answers for a record's field is replaced.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.utils.str_converters import to_camel_case

from hastecrm.core.pagination import parse_limit
from hastecrm.core.records.graph.loaders import Way, loaders_of
from hastecrm.core.records.graph.relations import FEW, Relation, ToOne
from hastecrm.core.records.graph.shapes import PageInfo
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.order import Order
from hastecrm.core.records.service import RecordPage
from hastecrm.core.unit_of_work import Connections

Resolver = Callable[..., Any]


def resolve_fast(
    schema: GraphQLSchema, kind: Kind, relations: Mapping[str, Relation], database: Connections
) -> None:
    """Let the fields of a kind's records, and of their pages, be resolved directly."""
    fields = _fields(schema, kind.type_name)
    for name in kind.columns:
        fields[to_camel_case(name)].resolve = _document(name) if name == "custom" else _column(name)
    for name, relation in relations.items():
        fields[to_camel_case(name)].resolve = (
            _one(relation, database) if isinstance(relation, ToOne) else _many(relation.way, database)
        )
    page = _fields(schema, f"{kind.type_name}Page")
    page["items"].resolve = lambda source, _info: source.items
    page["next"].resolve = lambda source, _info: source.next
    page["edges"].resolve = lambda source, _info: [(source, item) for item in source.items]
    page["pageInfo"].resolve = lambda source, _info: _page_info(source)
    edge = _fields(schema, f"{kind.type_name}Edge")
    edge["cursor"].resolve = lambda source, _info: source[0].cursor(source[1])
    edge["node"].resolve = lambda source, _info: source[1]


def _page_info(page: RecordPage) -> PageInfo:
    return PageInfo(
        has_next_page=page.next is not None,
        has_previous_page=False,
        start_cursor=page.cursor(page.items[0]) if page.items else None,
        end_cursor=page.cursor(page.items[-1]) if page.items else None,
    )


def _fields(schema: GraphQLSchema, name: str) -> Any:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLObjectType), "records are objects"  # noqa: S101
    return found.fields


def _column(name: str) -> Resolver:
    return lambda source, _info: source[name]


def _document(name: str) -> Resolver:
    return lambda source, _info: orjson.loads(source[name])


def _one(relation: ToOne, database: Connections) -> Resolver:
    def resolve(source: Any, info: Any) -> Awaitable[Any] | None:
        if (wanted := source[relation.field]) is None:
            return None
        return loaders_of(info.context, database).one(relation.to).load(wanted)

    return resolve


def _many(way: Way, database: Connections) -> Resolver:
    newest = Order.parse(way.to, "created_at desc")

    def resolve(
        source: Any,
        info: Any,
        limit: int = FEW,
        cursor: str | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Awaitable[Any]:
        most, begin = parse_limit(str(limit if first is None else first)), after or cursor
        key = newest.decode(begin) if begin else None
        return loaders_of(info.context, database).many(way, most, key).load(source["id"])

    return resolve
