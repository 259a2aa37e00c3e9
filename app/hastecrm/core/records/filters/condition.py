"""A filter as a condition in SQL over the columns of a kind. Pure: who asks and when comes in.

Nothing of the filter's text gets into the statement: columns are those of the kind, values are parameters.
`NOT` and `!=` are the true opposite, so that `city != "Vienna"` finds records without a city, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from hastecrm.core.records.filters import values as read
from hastecrm.core.records.filters.custom import CUSTOM, custom_condition, some_of
from hastecrm.core.records.filters.errors import wrong_filter
from hastecrm.core.records.filters.tree import All, Node, Not, Op, Term, Value
from hastecrm.core.records.filters.values import WrongValueError
from hastecrm.core.records.kind import TEXTUAL, Field, Kind, Type
from hastecrm.core.records.parameters import Parameters

TAGS: Final = "tags"
_COMPARED: Final = frozenset({Op.EQUAL, Op.UNEQUAL, Op.IN})
_ORDERED: Final = _COMPARED | {Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST}
_ALLOWED: Final[Mapping[Type, frozenset[Op]]] = {
    **dict.fromkeys(TEXTUAL, _ORDERED),
    **dict.fromkeys((Type.NUMBER, Type.MONEY, Type.DATE, Type.DATETIME), _ORDERED),
    **dict.fromkeys((Type.ENUM, Type.REFERENCE, Type.BOOLEAN), _COMPARED),
    Type.TEXTS: frozenset(),
}
_CASTS: Final = {
    Type.NUMBER: "bigint",
    Type.MONEY: "numeric",
    Type.REFERENCE: "uuid",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.DATETIME: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks (None: no person), and when: what `me`, `today` and `-30d` stand for."""

    user: UUID | None
    now: datetime


def condition(kind: Kind, node: Node, asked: Asked, parameters: Parameters) -> str:
    """Return the condition; raises `InvalidInputError` for a field or value that does not fit."""
    return _Condition(kind, asked, parameters).of(node)


def tag_of(value: Value, parameters: Parameters) -> str:
    """Return, in SQL, the id of the tag of this name; NULL, which no record has, where there is none."""
    name = parameters.add(read.text(value), "text")
    return f"(SELECT id FROM tags WHERE workspace_id = $1 AND lower(name) = lower({name}))"


class _Condition:
    def __init__(self, kind: Kind, asked: Asked, parameters: Parameters) -> None:
        self._kind = kind
        self._asked = asked
        self._parameters = parameters

    def of(self, node: Node) -> str:
        if isinstance(node, Term):
            return self._term(node)
        if isinstance(node, Not):
            return f"({self.of(node.part)}) IS NOT TRUE"
        joint = " AND " if isinstance(node, All) else " OR "
        return f"({joint.join(self.of(part) for part in node.parts)})"

    def _term(self, term: Term) -> str:
        try:
            if term.field.startswith(CUSTOM) and self._kind.custom:
                found = custom_condition(term, self._asked.now, self._parameters)
            elif term.field == TAGS and self._kind.tagged:
                found = self._tagged(term)
            else:
                found = self._compared(term, self._field(term))
        except WrongValueError as exc:
            raise wrong_filter(term.position, f"{term.field}: {exc}") from exc
        return f"({found}) IS NOT TRUE" if term.op is Op.UNEQUAL else found

    def _field(self, term: Term) -> Field:
        field = self._kind.by_name.get(term.field)
        if field is None or not field.filterable:
            known = [name for name, each in self._kind.by_name.items() if each.filterable]
            more = [TAGS] * self._kind.tagged + [f"{CUSTOM}KEY"] * self._kind.custom
            raise wrong_filter(
                term.position,
                f"{term.field} is no field of {self._kind.labels}: {', '.join([*known, *more])}",
            )
        return field

    def _tagged(self, term: Term) -> str:
        if term.op is not Op.HAS:
            raise WrongValueError('ask for a tag with tags:"vip", for any with tags:*')
        if not term.values:
            return "tags <> '{}'"
        return f"tags @> ARRAY[{tag_of(term.values[0], self._parameters)}]"

    def _compared(self, term: Term, field: Field) -> str:
        if term.op is Op.HAS:
            return self._has(term, field)
        if term.op not in _ALLOWED[field.type]:
            fits = sorted(_ALLOWED[field.type])
            raise WrongValueError(f"{term.op} does not fit; use {', '.join([*fits, ':'])}")
        if field.type is Type.DATETIME:
            return some_of([self._at(term.op, field, value) for value in term.values])
        found = [self._read(field, value) for value in term.values]
        if term.op is Op.IN:
            cast = _CASTS.get(field.type, "text")
            return f"{field.name} = ANY ({self._parameters.add(found, f'{cast}[]')})"
        sign = "=" if term.op is Op.UNEQUAL else term.op.value
        return f"{field.name} {sign} {self._parameters.add(found[0], _CASTS.get(field.type, 'text'))}"

    def _has(self, term: Term, field: Field) -> str:
        if not term.values:
            empty = {Type.TEXTS: "'{}'"}.get(field.type, "''" if field.type in TEXTUAL else "")
            return f"{field.name} <> {empty}" if empty else f"{field.name} IS NOT NULL"
        if field.type is Type.TEXTS:
            return f"{self._parameters.add(read.text(term.values[0]), 'text')} = ANY ({field.name})"
        if field.type not in TEXTUAL:
            raise WrongValueError(f": takes only * here, as in {field.name}:*")
        part = self._parameters.add(read.text(term.values[0]), "text")
        return f"strpos(lower({field.name}), lower({part})) > 0"

    def _at(self, op: Op, field: Field, value: Value) -> str:
        first, after = read.span(value, self._asked.now)
        add = partial(self._parameters.add, cast="timestamptz")
        if op in _COMPARED:
            return f"{field.name} >= {add(first)} AND {field.name} < {add(after)}"
        bound = {
            Op.LESS: ("<", first),
            Op.AT_MOST: ("<", after),
            Op.MORE: (">=", after),
            Op.AT_LEAST: (">=", first),
        }
        sign, moment = bound[op]
        return f"{field.name} {sign} {add(moment)}"

    def _read(self, field: Field, value: Value) -> Any:
        if field.type is Type.REFERENCE:
            is_me = (
                value.text == "me" and not value.is_quoted and field.refers_to is None and field.name != "id"
            )
            return self._asked.user if is_me else read.identity(value)
        if field.type is Type.ENUM and value.text not in field.choices:
            raise WrongValueError(f"expected one of {', '.join(field.choices)}")
        if field.type is Type.DATE:
            return read.day(value, self._asked.now)
        return _READERS.get(field.type, read.text)(value)


_READERS: Final[Mapping[Type, Callable[[Value], Any]]] = {
    Type.NUMBER: read.whole, Type.MONEY: read.decimal, Type.BOOLEAN: read.boolean
}  # fmt: skip
