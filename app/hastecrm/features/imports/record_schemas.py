"""What is asked of imports and shown of them, beside the records themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hastecrm.core.bodies import BODY, SHOWN
from hastecrm.core.records.kind import Record
from hastecrm.features.imports.preview import PreviewRow


class StartBody(BaseModel):
    """How an import starts."""

    model_config = ConfigDict(**BODY, defer_build=True)

    dry_run: bool = Field(False, description="Whether to count only what would come of it.")


class ShownProblem(BaseModel):
    """What is wrong with a row; without a column, with the whole row."""

    model_config = SHOWN

    field: str | None
    detail: str


class ShownPreviewRow(BaseModel):
    """One row as it would be stored."""

    model_config = SHOWN

    row: int = Field(ge=1, description="As a spreadsheet counts: the header is row 1.")
    values: dict[str, Any]
    errors: list[ShownProblem]


class ShownPreview(BaseModel):
    """The first rows of a file."""

    model_config = SHOWN

    items: list[ShownPreviewRow]


def preview_json(rows: Sequence[PreviewRow]) -> dict[str, Any]:
    """Return what is shown of the first rows."""
    return {
        "items": [
            {
                "row": each.row,
                "values": dict(each.values),
                "errors": [{"field": name or None, "detail": why} for name, why in each.errors.items()],
            }
            for each in rows
        ]
    }


HEADER = ("import_row", "import_column", "import_value", "import_problem")


def error_cells(record: Record, error: Mapping[str, Any]) -> Sequence[str]:
    """Return a row that was not taken: its own cells, then its number and what is wrong with it."""
    columns, problems = record["columns"], error["problems"]
    told = [(_column(columns, each["place"]), each["value"] or "", each["detail"]) for each in problems]
    cells = [*error["cells"], *[""] * (len(columns) - len(error["cells"]))]
    named = "; ".join(f"{column}: {detail}" if column else detail for column, _value, detail in told)
    column, value, _detail = told[0] if told else ("", "", "")
    return [*cells[: len(columns)], str(error["row"]), column, value, named]


def _column(columns: Sequence[str], place: int | None) -> str:
    return columns[place] if place is not None and place < len(columns) else ""
