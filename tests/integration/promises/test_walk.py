"""Every field that the schema has below a list costs the same for one record as for twenty.

The fields come from the schema itself, so one that a feature adds is asked for too.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_required_argument,
)
from tests.integration.access.world import required
from tests.integration.application import Running
from tests.integration.promises.conftest import Counted
from tests.integration.served import NOTHING

from hastecrm.core.graphql.contract import PATH
from hastecrm.core.records.contract import contract_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.duplicates.comparing import compare
from hastecrm.main.graphql import schema_of
from hastecrm.main.kinds import KINDS

MANY = 20
PAIRS = """
INSERT INTO deal_contacts (workspace_id, deal_id, contact_id)
SELECT d.workspace_id, d.id, c.id FROM deals AS d JOIN contacts AS c USING (workspace_id)
ON CONFLICT DO NOTHING
"""
WAYS = """
INSERT INTO deal_transitions (id, workspace_id, deal_id, to_stage_id, status, seconds_in_stage)
SELECT gen_random_uuid(), workspace_id, id, stage_id, status, 0 FROM deals
"""
ALIKE = """
INSERT INTO duplicates (workspace_id, kind, first_id, second_id, score, facts)
SELECT one.workspace_id, 1, one.id, other.id, 50, '{3}'
FROM contacts AS one JOIN contacts AS other ON one.id < other.id
ON CONFLICT DO NOTHING
"""
ORDER = {"company": 0, "contact": 1, "deal": 2, "attachment": 9}  # what others refer to comes first
ALONE = {"attachment": "attachments"}  # kinds, and their roots, whose records belong to one other each


def scalars(shape: GraphQLObjectType) -> str:
    """Everything of a type that is not a type again, going down through pages."""
    parts = []
    for name, field in shape.fields.items():
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            parts.append(name)
        elif name in {"items", "edges"}:
            parts.append(f"{name} {scalars(inner)}")
    return "{" + " ".join(parts) + "}"


def item_of(page: GraphQLOutputType) -> GraphQLObjectType | None:
    """The type of the records on a page, where it is a page."""
    found = get_named_type(page)
    items = found.fields.get("items") if isinstance(found, GraphQLObjectType) else None
    item = get_named_type(items.type) if items is not None else None
    return item if isinstance(item, GraphQLObjectType) else None


def lists() -> Iterator[tuple[str, GraphQLObjectType]]:
    """The root fields that page through something without being told where to begin."""
    query = schema_of(NOTHING)._schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        item = item_of(field.type)
        if item is not None and not any(is_required_argument(each) for each in field.args.values()):
            yield name, item


def inner_fields() -> Iterator[object]:
    for root, item in lists():
        for name, field in item.fields.items():
            if isinstance(get_named_type(field.type), GraphQLObjectType):
                yield pytest.param(root, name, field, id=f"{root}.{name}")


async def make(api: Running, kind: Kind, made: dict[str, list[str]]) -> None:
    """Make as many records of a kind as are asked for at most, each referring to others of its own."""
    made[kind.name] = []
    for number in range(MANY):
        refers = {
            field.name: made[field.refers_to.kind][number]
            for field in kind.fields
            if field.refers_to is not None and field.refers_to.kind in made and field.name in kind.writable
        }
        for each in [{name: refers[name]} for name in refers] if kind.name in ALONE else [refers]:
            answer = await api.call("POST", contract_of(kind).create.path, json={**required(kind), **each})
            assert answer.status == 201, answer.text
            made[kind.name].append(answer.json["id"])


@pytest.fixture
async def filled(counted: Counted) -> Counted:
    """Twenty companies, contacts and deals, with twenty of everything that may refer to them."""
    if not await counted.sql.fetchval("SELECT count(*) FROM deal_contacts"):
        made: dict[str, list[str]] = {}
        for kind in sorted(KINDS, key=lambda each: ORDER.get(each.name, 3)):
            if kind.name in ORDER or any(field.refers_to is not None for field in kind.fields):
                await make(counted.api, kind, made)
        await counted.sql.execute(PAIRS)
        await counted.sql.execute(WAYS)
        await compare(counted.sql)
        await counted.sql.execute(ALIKE)
    return counted


async def sent(counted: Counted, query: str) -> float:
    statements = await counted.statements(lambda: counted.api.call("POST", PATH, json={"query": query}))
    return sum(statements.values())


def is_there(value: Any) -> bool:
    return bool(value["items"] if isinstance(value, dict) and "items" in value else value)


@pytest.mark.parametrize(("root", "name", "field"), list(inner_fields()))
async def test_twenty_records_cost_the_statements_of_one(
    filled: Counted, root: str, name: str, field: GraphQLField
) -> None:
    few = "(limit: 2)" if "limit" in field.args else ""
    shown = scalars(get_named_type(field.type))  # type: ignore[arg-type] # an object, as it was chosen
    those = f', filter: "{name}_id:*"' if root in ALONE.values() else ""
    query = f"{{{root}(limit: %d{those}) {{items {{{name}{few} {shown}}}}}}}"
    answer = await filled.api.call("POST", PATH, json={"query": query % MANY})
    items = answer.json["data"][root]["items"]
    assert sum(is_there(each[name]) for each in items) == MANY, "nothing below most records: no proof"

    assert await sent(filled, query % MANY) == await sent(filled, query % 1) == 2


def test_the_walk_finds_the_fields_that_lead_to_other_records() -> None:
    found = {f"{root}.{name}" for root, item in lists() for name in item.fields}

    assert {
        "companies.contacts",
        "contacts.companyRecord",
        "deals.tasks",
        "tasks.deal",
        "deals.people",
        "deals.stage",
    } <= found
