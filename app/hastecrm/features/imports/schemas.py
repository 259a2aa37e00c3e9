"""Imports as JSON."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from hastecrm.core.bodies import BODY, SHOWN
from hastecrm.features.imports.domain import Empty, Outcome, Strategy, Wanted

_MOST: Final = 900_000
_Name = Annotated[str, Field(max_length=200)]


class ImportBody(BaseModel):
    """A CSV text whose first row names the columns, and what is to happen with the rows."""

    model_config = ConfigDict(**{**BODY, "str_strip_whitespace": False}, defer_build=True)

    csv: str = Field(min_length=1, max_length=_MOST, description="At most 1,000 rows below the header.")
    mapping: Annotated[dict[_Name, _Name], Field(max_length=200)] | None = Field(
        None, description="The field of each column, by the column's name; guessed when absent."
    )
    strategy: Strategy = Field(Strategy.BOTH, description="Which rows count: new ones, known ones, or both.")
    empty: Empty = Field(Empty.KEEP, description="What an empty cell does to a field of a known record.")
    dry_run: bool = Field(False, description="Whether to tell only what would come of it.")

    def wanted(self) -> Wanted:
        """Return what is asked for."""
        return Wanted(self.csv, self.mapping, self.strategy, self.empty, self.dry_run)


class ShownRefusal(BaseModel):
    """Why a row was not taken."""

    model_config = SHOWN

    row: int = Field(ge=1, description="As a spreadsheet counts: the header is row 1.")
    column: str | None
    value: str | None
    detail: str


class ShownImportOutcome(BaseModel):
    """What came of the rows, or would come of them."""

    model_config = SHOWN

    dry_run: bool
    mapping: dict[str, str]
    ignored: list[str] = Field(description="The columns that went nowhere.")
    created: int = Field(ge=0)
    updated: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    skipped: int = Field(ge=0, description="Rows that the strategy leaves out.")
    refused: int = Field(ge=0)
    errors: list[ShownRefusal]
    refused_csv: str = Field(description="The refused rows below the header, to be mended and sent again.")


COUNTED: Final = ("created", "updated", "unchanged", "skipped", "refused")


def import_json(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """Return what is shown of an import."""
    return {
        "dry_run": dry_run,
        "mapping": outcome.named,
        "ignored": outcome.ignored,
        **{name: getattr(outcome, name) for name in COUNTED},
        "errors": [
            {"row": each.row, "column": each.column, "value": each.value, "detail": each.detail}
            for each in sorted(outcome.refusals, key=lambda each: each.row)
        ],
        "refused_csv": outcome.mendable,
    }
