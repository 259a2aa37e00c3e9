"""What can go wrong when a dump is brought back: a word for programs, a sentence for people. No I/O here."""

from hastecrm.dumps.errors import DumpError


class DumpTooNewError(DumpError):
    """The dump has a schema that this release cannot read."""

    reason = "DumpTooNew"


class ForeignDumpError(DumpError):
    """The file is no dump of this application."""

    reason = "ForeignDump"


class RestoreFailedError(DumpError):
    """pg_restore gave up."""

    reason = "RestoreFailed"


class ChecksFailedError(DumpError):
    """What was restored is not what was dumped."""

    reason = "ChecksFailed"


class NotPermittedError(DumpError):
    """The role may not do this on the server."""

    reason = "NotPermitted"


class DatabaseMissingError(DumpError):
    """There is no such database."""

    reason = "DatabaseMissing"


class DatabaseNameError(DumpError):
    """That database is not one that a restore made."""

    reason = "DatabaseNameRefused"


class DatabaseBusyError(DumpError):
    """Somebody uses the database and could not be sent away."""

    reason = "DatabaseBusy"


class DatabaseFullError(DumpError):
    """The server has no room for a second database."""

    reason = "DatabaseFull"
