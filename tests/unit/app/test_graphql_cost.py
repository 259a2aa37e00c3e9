"""The size of a GraphQL operation is counted before it runs."""

import pytest
from graphql import OperationDefinitionNode, parse

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.graphql.cost import Limits, Size, check, measure

PAGED = frozenset({"contacts"})


def size(text: str, **variables: object) -> Size:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return measure(document, operation, variables, PAGED)


@pytest.mark.parametrize(
    ("text", "cost", "depth"),
    [
        ("{contact {id}}", 2, 2),
        ("{a: contact {id} b: contact {id name}}", 5, 2),
        ("{contacts {items {id}}}", 1 + 50 * 2, 3),
        ("{contacts(limit: 10) {items {id}}}", 1 + 10 * 2, 3),
        ("{contacts(first: 3) {edges {node {id}}}}", 1 + 3 * 3, 4),
        ("{contacts(limit: 1, first: 4) {next}}", 1 + 4, 2),
        ("{contact(first: 4) {id}}", 2, 2),
        ("{contacts(limit: 9999) {items {id}}}", 1 + 200 * 2, 3),
        ("{contacts(limit: -5) {items {id}}}", 1 + 2, 3),
        ("query($n: Int) {contacts(limit: $n) {items {id}}}", 1 + 200 * 2, 3),
        ("{contacts(limit: 2) {... on Page {items {...f}}}} fragment f on C {id name}", 1 + 2 * 3, 3),
    ],
)
def test_a_list_counts_its_fields_for_each_record(text: str, cost: int, depth: int) -> None:
    assert size(text) == Size(cost, depth)


def test_a_variable_says_how_many_records() -> None:
    assert size("query($n: Int) {contacts(limit: $n) {next}}", n=7).cost == 8


def test_fragments_that_double_at_each_level_are_counted_in_no_time() -> None:
    doubled = " ".join(f"fragment f{n} on C {{...f{n + 1} ...f{n + 1}}}" for n in range(200))

    assert size(f"{{...f0}} {doubled} fragment f200 on C {{id}}").cost == 2**200


@pytest.mark.parametrize("found", [Size(5_001, 1), Size(1, 13)], ids=["cost", "depth"])
def test_what_is_too_large_is_refused_with_the_limit(found: Size) -> None:
    check(Size(5_000, 12), Limits())
    with pytest.raises(InvalidInputError, match=r"5000|12"):
        check(found, Limits())
