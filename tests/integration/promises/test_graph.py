"""GraphQL sends one statement for each level of a query, however many records are on it."""

from collections.abc import Iterator

import pytest
from tests.integration.access.cases import to_camel
from tests.integration.promises.conftest import Counted

from hastecrm.core.graphql.contract import PATH
from hastecrm.core.records.graph.relations import Relation, ToMany, relations_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.main.kinds import KINDS

BY_NAME = {kind.name: kind for kind in KINDS}
FILL = """
INSERT INTO companies (id, workspace_id, name)
SELECT gen_random_uuid(), $1, 'C' || n FROM generate_series(1, 30) AS n;
"""
PEOPLE = """
INSERT INTO contacts (id, workspace_id, first_name, company_id)
SELECT gen_random_uuid(), $1, 'P', id FROM companies, generate_series(1, 6)
"""


async def sent(counted: Counted, query: str) -> float:
    statements = await counted.statements(lambda: counted.api.call("POST", PATH, json={"query": query}))
    return sum(statements.values())


@pytest.fixture
async def filled(counted: Counted) -> Counted:
    await counted.sql.execute("TRUNCATE contacts, companies CASCADE")
    await counted.sql.execute(FILL, DEFAULT_WORKSPACE)
    await counted.sql.execute(PEOPLE, DEFAULT_WORKSPACE)
    return counted


async def test_three_levels_are_three_statements(filled: Counted) -> None:
    query = (
        "{companies(limit: 30) {items {name contacts(limit: 5) {items {firstName companyRecord {name}}}}}}"
    )

    assert await sent(filled, query) == 3


async def test_the_same_relation_twice_with_other_limits_is_two_statements(filled: Counted) -> None:
    query = "{companies {items {a: contacts(limit: 1) {next} b: contacts(limit: 2) {next}}}}"

    assert await sent(filled, query) == 3


def every_relation() -> Iterator[object]:
    for kind in KINDS:
        for relation in relations_of(kind, BY_NAME):
            yield pytest.param(kind, relation, id=f"{kind.name}.{relation.name}")


@pytest.mark.parametrize(("kind", "relation"), list(every_relation()))
async def test_no_relation_asks_once_for_each_record(filled: Counted, kind: Kind, relation: Relation) -> None:
    shown = "{items {id}}" if isinstance(relation, ToMany) else "{id}"
    query = f"{{{to_camel(kind.plural)}(limit: 30) {{items {{{to_camel(relation.name)} {shown}}}}}}}"

    assert await sent(filled, query) <= 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_field_of_a_record_comes_with_its_list(filled: Counted, kind: Kind) -> None:
    fields = " ".join(to_camel(name) for name in kind.columns)

    assert await sent(filled, f"{{{to_camel(kind.plural)}(limit: 30) {{items {{{fields}}}}}}}") == 1
