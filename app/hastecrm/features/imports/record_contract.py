"""What the addresses of imports promise beside those that all records have; `record_routes` keeps it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.schemas import models_of
from hastecrm.features.imports.record import IMPORT
from hastecrm.features.imports.record_schemas import ShownPreview, StartBody

_ONE: Final = f"{path_of(IMPORT)}/{{id}}"
_ID: Final = Parameter("id", "path", "The import's id.", UUID_SCHEMA)
_SHOWN: Final = models_of(IMPORT).shown
_READ, _UPDATE = Right(Resource.IMPORT, Verb.READ), Right(Resource.IMPORT, Verb.UPDATE)
MOST_PREVIEWED: Final = 100
PREVIEWED: Final = 20

UPLOAD: Final = Operation(
    "sendImportFile",
    "POST",
    f"{_ONE}/file",
    "Send the file of an import, as the body itself or in a form; its columns are guessed",
    [Reply(200, "The import, ready to be looked at and started", _SHOWN)],
    _UPDATE,
    parameters=[_ID],
    codes=[
        Code.BIZ_NOT_FOUND,
        Code.BIZ_CONFLICT,
        Code.VALIDATION_FAILED,
        Code.HTTP_TIMEOUT,
        Code.HTTP_TOO_LARGE,
        Code.SYS_FILES_UNAVAILABLE,
    ],
    uploads=True,
    deadline=3600.0,
)
PREVIEW: Final = Operation(
    "previewImport",
    "GET",
    f"{_ONE}/preview",
    "Show the first rows as they would be stored",
    [Reply(200, "The rows", ShownPreview)],
    _READ,
    parameters=[
        _ID,
        Parameter(
            "limit",
            "query",
            "How many rows.",
            {"type": "integer", "minimum": 1, "maximum": MOST_PREVIEWED, "default": PREVIEWED},
        ),
    ],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND, Code.SYS_FILES_UNAVAILABLE],
)
START: Final = Operation(
    "startImport",
    "POST",
    f"{_ONE}/start",
    "Start an import, or go on with one that was cancelled or failed",
    [Reply(202, "The import, which is on its way", _SHOWN)],
    _UPDATE,
    body=StartBody,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
    idempotent=True,
)
CANCEL: Final = Operation(
    "cancelImport",
    "POST",
    f"{_ONE}/cancel",
    "Stop an import; what it stored stays",
    [Reply(200, "The import", _SHOWN)],
    _UPDATE,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
)
ERRORS: Final = Operation(
    "exportImportErrors",
    "GET",
    f"{_ONE}/errors",
    "The rows that were not taken as CSV, to be mended and sent again",
    [Reply(200, "The rows", None, {"Content-Disposition": "A name for the file."})],
    _READ,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
    tagged=False,
    compressed=False,
)
OPERATIONS: Final = (UPLOAD, PREVIEW, START, CANCEL, ERRORS)
