"""What a GraphQL operation may cost at most, counted before it runs. No I/O here.

Every field counts one, and a list counts its fields once for each record that its `limit` asks for. A
fragment is counted once and remembered, so a document cannot make the counting itself expensive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from hastecrm.core.codes import Code
from hastecrm.core.errors import InvalidInputError
from hastecrm.core.pagination import DEFAULT_LIMIT, MAX_LIMIT

LIMIT: Final = "limit"  # the argument that says how many records a list returns
_LIMITS: Final = (LIMIT, "first")  # and what Relay calls it


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one operation may ask for. 16 µs a field (graphql-core#189) make 5,000 of them 80 ms."""

    tokens: int = 2_000
    depth: int = 12
    cost: int = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large an operation is: fields that may have to be resolved, and levels."""

    cost: int
    depth: int


def check(size: Size, limits: Limits) -> None:
    """Raise `InvalidInputError` when an operation is larger than it may be."""
    if size.depth > limits.depth:
        detail = f"The query is {size.depth} levels deep; {limits.depth} are allowed."
        raise InvalidInputError(detail, code=Code.VALIDATION_QUERY_TOO_COSTLY)
    if size.cost > limits.cost:
        detail = f"The query may resolve {size.cost} fields; {limits.cost} are allowed: lower `limit`."
        raise InvalidInputError(detail, code=Code.VALIDATION_QUERY_TOO_COSTLY)


def paged_fields(schema: GraphQLSchema) -> frozenset[str]:
    """Return the names of the fields that take a `limit`."""
    objects = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    return frozenset(name for each in objects for name, found in each.fields.items() if LIMIT in found.args)


def measure(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    paged: frozenset[str],
) -> Size:
    """Return the size of one operation of a valid document (no fragment may contain itself)."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    return _Measure(fragments, variables, paged).selections(operation.selection_set)


class _Measure:
    def __init__(
        self,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        paged: frozenset[str],
    ) -> None:
        self._paged = paged
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, Size] = {}

    def selections(self, selected: SelectionSetNode | None) -> Size:
        if selected is None:
            return Size(0, 0)
        sizes = [self._selection(node) for node in selected.selections]
        return Size(sum(size.cost for size in sizes), max((size.depth for size in sizes), default=0))

    def _selection(self, node: SelectionNode) -> Size:
        if isinstance(node, FieldNode):
            inner = self.selections(node.selection_set)
            return Size(1 + self._records(node) * inner.cost, 1 + inner.depth)
        if isinstance(node, InlineFragmentNode):
            return self.selections(node.selection_set)
        assert isinstance(node, FragmentSpreadNode)  # noqa: S101 - there is no fourth kind
        return self._fragment(node.name.value)

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = self.selections(self._fragments[name].selection_set)
        return self._known[name]

    def _records(self, node: FieldNode) -> int:
        if node.name.value not in self._paged:
            return 1
        given = [each.value for each in node.arguments or () if each.name.value in _LIMITS]
        return max((self._number(each) for each in given), default=DEFAULT_LIMIT)

    def _number(self, value: Any) -> int:
        if isinstance(value, IntValueNode):
            return min(max(int(value.value), 1), MAX_LIMIT)
        given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return min(max(given, 1), MAX_LIMIT) if isinstance(given, int) else MAX_LIMIT
