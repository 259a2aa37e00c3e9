"""One row as the values of a record, checked as a request's are. No I/O here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from hastecrm.core.bodies import parse
from hastecrm.core.errors import CRMError, InvalidInputError
from hastecrm.core.records.custom_fields import CustomField, Known
from hastecrm.core.records.kind import Kind, Type, Values
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.features.imports.domain import Empty
from hastecrm.features.imports.mapping import fields_of
from hastecrm.features.imports.reading import Row

_FLAGS = {
    **dict.fromkeys(("true", "yes", "1", "x", "ja", "oui", "sí", "si"), True),
    **dict.fromkeys(("false", "no", "0", "nein", "non"), False),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows are read: the field of each column by its place, and how many columns there are.

    `known` are the fields that the workspace added. `is_patch`: only records that are there already count,
    so a row need not have what a new one needs.
    """

    kind: Kind
    mapping: Mapping[int, str]
    width: int
    known: Known = field(default_factory=dict)
    is_patch: bool = False


def values_in(plan: Plan, row: Row) -> Values:
    """Return the values of a record; what is empty is not among them. Raises `InvalidInputError`."""
    if any(cell.strip() for cell in row.cells[plan.width :]):
        raise InvalidInputError(f"The row has {len(row.cells)} cells, the header has {plan.width}.")
    fields, body, custom = fields_of(plan.kind), {}, {}
    for name, cell in _filled(row, plan.mapping).items():
        if name in fields:
            body[name] = _typed(fields[name].type, cell)
        else:
            key = name.removeprefix("custom.")
            custom[key] = _custom(plan.known.get(key), cell)
    models, sent = models_of(plan.kind), {**body, "custom": custom} if custom else body
    return values_of(parse(models.patch if plan.is_patch else models.new, orjson.dumps(sent)))


def emptied(plan: Plan, row: Row) -> Values:
    """Return what a change empties: each field whose cell is empty, but those that are never empty."""
    fields, filled = fields_of(plan.kind), _filled(row, plan.mapping)
    names = [name for name in plan.mapping.values() if name not in filled]
    own = {name: None for name in names if name in fields and not fields[name].required}
    custom = {name.removeprefix("custom."): None for name in names if name not in fields}
    return {**own, "custom": custom} if custom else own


def changed_by(plan: Plan, row: Row, values: Values, empty: Empty) -> Values:
    """Return what a row changes of a record that is there already."""
    if empty is Empty.KEEP:
        return values
    gone = emptied(plan, row)
    custom: Mapping[str, Any] = {**gone.get("custom", {}), **values.get("custom", {})}
    return {**gone, **values, **({"custom": custom} if custom else {})}


def reasons(error: CRMError) -> Mapping[str, str]:
    """Return what is wrong with a row, by field as mappings name them; "" is the whole row."""
    if not error.errors:
        return {"": error.detail}
    return {problem.where.lstrip("/").replace("/", "."): problem.detail for problem in error.errors}


def _filled(row: Row, mapping: Mapping[int, str]) -> Mapping[str, str]:
    cells = ((name, row.cells[place].strip()) for place, name in mapping.items() if place < len(row.cells))
    return {name: cell for name, cell in cells if cell}


def _typed(type_: Type, cell: str) -> Any:
    """Return a cell as JSON has it; one that does not fit stays text, and is refused as such."""
    if type_ is Type.NUMBER and cell.removeprefix("-").isdecimal() and len(cell) < 20:
        return int(cell)
    if type_ is Type.BOOLEAN:
        return _FLAGS.get(cell.casefold(), cell)
    return cell


def _custom(known: CustomField | None, cell: str) -> Any:
    if known is None:
        return cell
    if known.type == "multiselect":
        return [part.strip() for part in re.split("[;,]", cell) if part.strip()]
    if known.type == "boolean":
        return _FLAGS.get(cell.casefold(), cell)
    return _number(cell) if known.type == "number" else cell


def _number(cell: str) -> Any:
    try:
        return int(cell) if cell.removeprefix("-").isdecimal() else float(cell)
    except ValueError:
        return cell
