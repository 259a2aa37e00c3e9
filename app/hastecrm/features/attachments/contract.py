"""What the addresses of contents promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.schemas import models_of
from hastecrm.features.attachments.domain import ATTACHMENT

_TEXT: Final = {"type": "string"}
_PATH: Final = f"{path_of(ATTACHMENT)}/{{id}}/content"
_ID: Final = Parameter("id", "path", "The id of the attachment.", UUID_SCHEMA)
_HEADERS: Final = {
    "Accept-Ranges": "`bytes`: parts of it can be asked for.",
    "Content-Disposition": "`attachment`, and its name.",
}
_LONGEST: Final = 3600.0  # seconds; that bytes move is watched besides

PUT: Final = Operation(
    "putAttachmentContent",
    "PUT",
    _PATH,
    "Send the content of an attachment: the file as the body, or a form with one",
    [Reply(200, "The attachment", models_of(ATTACHMENT).shown, {"ETag": "Its state, for If-Match."})],
    Right(ATTACHMENT.resource, Verb.UPDATE),
    parameters=[_ID, Parameter("If-Match", "header", "The ETag of the state that may be changed.", _TEXT)],
    codes=[
        Code.BIZ_NOT_FOUND,
        Code.BIZ_VERSION_MISMATCH,
        Code.VALIDATION_FAILED,
        Code.HTTP_TIMEOUT,
        Code.HTTP_TOO_LARGE,
        Code.SYS_FILES_UNAVAILABLE,
    ],
    uploads=True,
    deadline=_LONGEST,
)
GET: Final = Operation(
    "getAttachmentContent",
    "GET",
    _PATH,
    "Download the content of an attachment, or a part of it",
    [
        Reply(200, "The file", None, _HEADERS),
        Reply(206, "The part", None, {**_HEADERS, "Content-Range": "Which part of how many bytes."}),
    ],
    Right(ATTACHMENT.resource, Verb.READ),
    parameters=[
        _ID,
        Parameter("Range", "header", "The part that is wanted: `bytes=0-1023`.", _TEXT),
        Parameter("If-Range", "header", "The ETag of which the part must be; else all is sent.", _TEXT),
    ],
    codes=[Code.BIZ_NOT_FOUND, Code.HTTP_RANGE_NOT_SATISFIABLE, Code.SYS_FILES_UNAVAILABLE],
    compressed=False,
)
OPERATIONS: Final = (PUT, GET)
