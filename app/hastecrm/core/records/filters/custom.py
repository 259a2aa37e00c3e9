"""Comparisons with the fields that a workspace added: what the value looks like says how they compare."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from hastecrm.core.records.filters import values as read
from hastecrm.core.records.filters.errors import wrong_filter
from hastecrm.core.records.filters.tree import Node, Op, Term, Value, terms
from hastecrm.core.records.filters.values import WrongValueError
from hastecrm.core.records.parameters import Parameters

CUSTOM: Final = "custom."
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BARE_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SIGNS: Final[Mapping[Op, str]] = {op: op.value for op in Op} | {Op.UNEQUAL: "="}


def custom_condition(term: Term, now: datetime, parameters: Parameters) -> str:
    """Return the condition; `!=` gives that of `=`, for the caller to turn round."""
    key = term.field.removeprefix(CUSTOM)
    if not _KEY.fullmatch(key):
        raise WrongValueError("a key has up to 40 small letters, digits and _")
    found = f"custom -> {parameters.add(key, 'text')}"
    if term.op is Op.HAS:
        return _has(term, found, parameters)
    return some_of([_compared(term.op, value, found, now, parameters) for value in term.values])


def custom_keys(node: Node | None) -> Mapping[str, Term]:
    """Return the keys of the workspace's own fields that a filter names, each with a comparison of it."""
    every = terms(node) if node is not None else ()
    return {term.field.removeprefix(CUSTOM): term for term in every if term.field.startswith(CUSTOM)}


def check_keys(named: Mapping[str, Term], known: Collection[str]) -> None:
    """Raise `InvalidInputError` for a key that the workspace does not have, naming those that it has."""
    for key, term in named.items():
        if key not in known:
            there = ", ".join(f"{CUSTOM}{each}" for each in known) or "there are none"
            raise wrong_filter(term.position, f"{term.field} is no field of this workspace: {there}")


def some_of(conditions: Sequence[str]) -> str:
    """Return the condition of which one part must be so, safe beside AND."""
    return f"({' OR '.join(f'({one})' for one in conditions)})" if len(conditions) > 1 else conditions[0]


def _has(term: Term, found: str, parameters: Parameters) -> str:
    if not term.values:
        return f"{found} IS NOT NULL"
    part = parameters.add(read.text(term.values[0]), "text")
    return (
        f"CASE jsonb_typeof({found}) WHEN 'array' THEN ({found}) ? {part} "
        f"ELSE strpos(lower(({found}) #>> '{{}}'), lower({part})) > 0 END"
    )


def _compared(op: Op, value: Value, found: str, now: datetime, parameters: Parameters) -> str:
    sign, text = _SIGNS[Op.EQUAL if op is Op.IN else op], f"({found}) #>> '{{}}'"
    if not value.is_quoted and value.text in ("true", "false"):
        return f"{found} {sign} {parameters.add(value.text, 'text')}::jsonb"
    if not value.is_quoted and _BARE_NUMBER.fullmatch(value.text):
        number = parameters.add(read.decimal(value), "numeric")
        return f"CASE jsonb_typeof({found}) WHEN 'number' THEN ({text})::numeric {sign} {number} END"
    words = read.text(value) if value.is_quoted else _day_or_word(value, now)
    return f"{text} {sign} {parameters.add(words, 'text')}"


def _day_or_word(value: Value, now: datetime) -> str:
    # Dates are kept as ISO 8601, which sorts as text.
    if value.text[0].isalpha() and value.text != "today":
        return value.text
    return read.day(value, now).isoformat()
