"""Query texts, parsed and validated once each and then remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule

from hastecrm.core.codes import Code
from hastecrm.core.errors import InvalidInputError
from hastecrm.core.graphql.cost import Limits

REMEMBERED: Final = 256  # texts; the pages send a few dozen, and any other client its own few
_MAX_ERRORS: Final = 5


@dataclass(frozen=True, slots=True)
class Document:
    """A query text as far as it could be understood."""

    tree: DocumentNode | None
    errors: Sequence[GraphQLError]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to run; raises `InvalidInputError` when it cannot be told which."""
        assert self.tree is not None, "only asked when there are no errors"  # noqa: S101
        found = get_operation_ast(self.tree, name)
        if found is None:
            detail = "Name one operation of the query in `operationName`."
            raise InvalidInputError(detail, code=Code.VALIDATION_QUERY)
        return found


class Documents:
    """The texts that one schema has been asked lately."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> None:
        rules = list(specified_rules)
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)

        @lru_cache(REMEMBERED)
        def read(text: str) -> Document:
            try:
                tree = parse(text, max_tokens=limits.tokens)
            except GraphQLSyntaxError as exc:
                return Document(None, [exc])
            except RecursionError:
                return Document(None, [GraphQLError("The query is nested too deeply to be read.")])
            return Document(tree, validate(schema, tree, rules, max_errors=_MAX_ERRORS))

        self.read = read
