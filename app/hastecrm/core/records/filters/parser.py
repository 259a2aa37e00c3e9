"""Reads a filter: a part of AIP-160, by recursive descent within bounds.

filter = part { "AND" part } | part { "OR" part }       # both side by side need parentheses
part   = "NOT" part | "(" filter ")" | field operator value | field ":" "*" | field "IN" "(" values ")"
"""

from functools import lru_cache
from typing import Final

from hastecrm.core.records.filters.errors import wrong_filter
from hastecrm.core.records.filters.tokens import Sort, Token, tokens, unquoted
from hastecrm.core.records.filters.tree import All, Node, Not, Op, Some, Term, Value

MAX_LENGTH: Final = 2_000  # characters
MAX_DEPTH: Final = 8
MAX_TERMS: Final = 30
MAX_VALUES: Final = 100  # of one IN
_REMEMBERED: Final = 256  # filters; the views that people have saved are asked for again and again


@lru_cache(_REMEMBERED)
def parse_filter(text: str) -> Node | None:
    """Return the tree, or None for an empty filter; raises `InvalidInputError` that names the place."""
    if len(text) > MAX_LENGTH:
        raise wrong_filter(MAX_LENGTH + 1, f"it is longer than {MAX_LENGTH} characters")
    if not text.strip():
        return None
    parser = _Parser(list(tokens(text)))
    found = parser.filter(0)
    parser.take(Sort.END, "AND, OR or the end")
    return found


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._terms = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def take(self, sort: Sort, wanted: str, text: str | None = None) -> Token:
        """Go past the next token, which must be this one."""
        token = self._next
        if token.sort is not sort or (text is not None and token.text != text):
            raise wrong_filter(token.position, f"expected {wanted}, got {token}")
        self._at += 1
        return token

    def _takes(self, sort: Sort, text: str) -> bool:
        is_next = self._next.sort is sort and self._next.text == text
        self._at += is_next
        return is_next

    def filter(self, depth: int) -> Node:
        """Read parts that AND or OR joins."""
        if depth > MAX_DEPTH:
            raise wrong_filter(self._next.position, f"it is nested deeper than {MAX_DEPTH} levels")
        parts, joint = [self._part(depth)], ""
        while self._next.sort is Sort.WORD and self._next.text in ("AND", "OR"):
            token = self.take(Sort.WORD, "AND or OR")
            if joint and token.text != joint:
                raise wrong_filter(
                    token.position, "put parentheses around what belongs together: AND and OR mix"
                )
            joint = token.text
            parts.append(self._part(depth))
        if len(parts) == 1:
            return parts[0]
        return All(tuple(parts)) if joint == "AND" else Some(tuple(parts))

    def _part(self, depth: int) -> Node:
        if self._takes(Sort.WORD, "NOT"):
            if depth >= MAX_DEPTH:
                raise wrong_filter(self._next.position, f"it is nested deeper than {MAX_DEPTH} levels")
            return Not(self._part(depth + 1))
        if self._takes(Sort.SIGN, "("):
            inner = self.filter(depth + 1)
            self.take(Sort.SIGN, "AND, OR or )", ")")
            return inner
        return self._term()

    def _term(self) -> Term:
        field = self.take(Sort.WORD, "a field, NOT or (")
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise wrong_filter(field.position, f"it has more than {MAX_TERMS} comparisons")
        if self._takes(Sort.WORD, "IN"):
            return Term(field.text, Op.IN, self._values(), field.position)
        op = Op(self.take(Sort.OPERATOR, "=, !=, <, <=, >, >=, : or IN").text)
        if op is Op.HAS and self._takes(Sort.SIGN, "*"):
            return Term(field.text, op, (), field.position)
        return Term(field.text, op, (self._value(),), field.position)

    def _values(self) -> tuple[Value, ...]:
        opened = self.take(Sort.SIGN, "(", "(")
        values = [self._value()]
        while self._takes(Sort.SIGN, ","):
            values.append(self._value())
        self.take(Sort.SIGN, ", or )", ")")
        if len(values) > MAX_VALUES:
            raise wrong_filter(opened.position, f"it lists more than {MAX_VALUES} values")
        return tuple(values)

    def _value(self) -> Value:
        token = self._next
        if token.sort not in (Sort.STRING, Sort.WORD, Sort.LITERAL):
            raise wrong_filter(token.position, f"expected a value, got {token}")
        self._at += 1
        return Value(unquoted(token.text), True) if token.sort is Sort.STRING else Value(token.text)
