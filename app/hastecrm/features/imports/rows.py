"""One row as the values of a record, checked as a request's are. No I/O here."""

from collections.abc import Mapping
from typing import Any

import orjson

from hastecrm.core.bodies import parse
from hastecrm.core.errors import CRMError, InvalidInputError
from hastecrm.core.records.kind import Kind, Type, Values
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.features.imports.mapping import fields_of
from hastecrm.features.imports.reading import Row

_FLAGS = {
    **dict.fromkeys(("true", "yes", "1", "x", "ja", "oui", "sí", "si"), True),
    **dict.fromkeys(("false", "no", "0", "nein", "non"), False),
}


def values_in(kind: Kind, row: Row, mapping: Mapping[int, str], width: int) -> Values:
    """Return the values of a new record; what is empty is not among them. Raises `InvalidInputError`."""
    if any(cell.strip() for cell in row.cells[width:]):
        raise InvalidInputError(f"The row has {len(row.cells)} cells, the header has {width}.")
    fields, body, custom = fields_of(kind), {}, {}
    for name, cell in _filled(row, mapping).items():
        if name in fields:
            body[name] = _typed(fields[name].type, cell)
        else:
            custom[name.removeprefix("custom.")] = cell
    sent = {**body, "custom": custom} if custom else body
    return values_of(parse(models_of(kind).new, orjson.dumps(sent)))


def emptied(kind: Kind, row: Row, mapping: Mapping[int, str]) -> Values:
    """Return what a change empties: each field whose cell is empty, but those that are never empty."""
    fields, filled = fields_of(kind), _filled(row, mapping)
    names = [name for name in mapping.values() if name not in filled]
    own = {name: None for name in names if name in fields and not fields[name].required}
    custom = {name.removeprefix("custom."): None for name in names if name not in fields}
    return {**own, "custom": custom} if custom else own


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
