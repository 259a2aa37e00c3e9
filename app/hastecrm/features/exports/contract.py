"""What the addresses of exports promise to clients."""

from functools import lru_cache
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Parameter, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.contract import contract_of, path_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.exports.domain import Format

_PAGES: Final = ("limit", "cursor")
_FORMAT: Final = Parameter(
    "format",
    "query",
    "`csv` opens in spreadsheets, `ndjson` has one object a line, `json` is one array.",
    {"type": "string", "enum": list(Format), "default": Format.CSV},
)
_COLUMNS: Final = Parameter(
    "columns",
    "query",
    "The fields, in their order, such as `last_name,email,custom.budget`; all of them if it is left out.",
    {"type": "string"},
)
_DISPOSITION: Final = {"Content-Disposition": "A name for the file."}


@lru_cache
def operation_of_kind(kind: Kind) -> Operation:
    """Return the operation that exports a kind; it takes what its list takes, without pages."""
    listed = [each for each in contract_of(kind).list.parameters if each.name not in _PAGES]
    return Operation(
        f"export{kind.types_name}",
        "GET",
        f"/api/v1/exports/{path_of(kind).rpartition('/')[2]}",
        f"Export {kind.labels} as a file; two at a time in each process",
        [
            Reply(
                200,
                "The file, as long as it is; a connection that breaks leaves half of one",
                None,
                _DISPOSITION,
            )
        ],
        Right(kind.resource, Verb.READ),
        parameters=[_FORMAT, _COLUMNS, *listed],
        codes=[Code.VALIDATION_FAILED],
        tagged=False,
        compressed=False,
    )
