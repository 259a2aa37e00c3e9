"""A filter as a tree; `str()` gives a text that means the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hastecrm.core.records.filters.tokens import quoted


class Op(StrEnum):
    """How a term compares."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    HAS = ":"
    IN = "IN"


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is compared with; a bare one may be a number, a date, a word such as `me`."""

    text: str
    is_quoted: bool = False

    def __str__(self) -> str:
        """Return it as it is written."""
        return quoted(self.text) if self.is_quoted else self.text


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison; `:*`, which asks whether there is anything, has no value."""

    field: str
    op: Op
    values: tuple[Value, ...]
    position: int = 1

    def __str__(self) -> str:
        """Return the text."""
        if self.op is Op.IN:
            return f"{self.field} IN ({', '.join(map(str, self.values))})"
        if self.op is Op.HAS:
            return f"{self.field}:{self.values[0] if self.values else '*'}"
        return f"{self.field} {self.op} {self.values[0]}"


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be so."""

    part: "Node"

    def __str__(self) -> str:
        """Return the text."""
        return f"NOT {_within(self.part)}"


@dataclass(frozen=True, slots=True)
class All:
    """What must be so at once."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        """Return the text."""
        return " AND ".join(_within(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    """Of which one must be so."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        """Return the text."""
        return " OR ".join(_within(part) for part in self.parts)


Node = Term | Not | All | Some


def _within(part: Node) -> str:
    return f"({part})" if isinstance(part, All | Some) else str(part)


def terms(node: Node) -> Sequence[Term]:
    """Return every comparison of a filter, in order."""
    if isinstance(node, Term):
        return (node,)
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [term for part in parts for term in terms(part)]
