"""The first rows of a file as they would be stored. No I/O here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.records.custom_fields import problems
from hastecrm.features.imports.rows import Plan, reasons, values_in
from hastecrm.features.imports.streaming import AnyRow, BadRow

_DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row: what a record would get from it, and what is wrong, by field or "" for the whole row."""

    row: int
    values: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)


def previewed(plan: Plan, rows: Iterator[AnyRow], limit: int) -> Sequence[PreviewRow]:
    """Return the first rows below the one that names the columns."""
    return [_one(plan, row) for row in islice(rows, 1, limit + 1)]


def delimiter_of(text: str) -> str:
    """Return what the first line has most of, between quotes or not; a comma where it has none."""
    first = text.lstrip("\ufeff\r\n").replace("\r", "\n").partition("\n")[0]
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=lambda each: (outside.count(each), first.count(each)))


def _one(plan: Plan, row: AnyRow) -> PreviewRow:
    if isinstance(row, BadRow):
        return PreviewRow(row.number, {}, {"": row.problem})
    try:
        values = values_in(plan, row)
    except InvalidInputError as exc:
        return PreviewRow(row.number, {}, reasons(exc))
    wrong = InvalidInputError("", errors=list(problems(plan.known, values.get("custom", {}))))
    shown = {name: value if value is None or isinstance(value, bool | int | dict) else str(value)
             for name, value in values.items()}  # fmt: skip
    return PreviewRow(row.number, shown, reasons(wrong) if wrong.errors else {})
