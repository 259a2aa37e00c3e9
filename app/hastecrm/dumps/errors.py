"""What can go wrong with dumps: a word for programs, a sentence with the way out for people. No I/O here."""

from typing import ClassVar


class DumpError(Exception):
    """A failure whose message says what, where and what to do."""

    reason: ClassVar[str] = "DumpFailed"
    lasts: ClassVar[bool] = False
    """Whether the next dump fails in the same way unless somebody acts."""


class DestinationFullError(DumpError):
    """There is no room for the dump."""

    reason = "DestinationFull"
    lasts = True


class DestinationUnreachableError(DumpError):
    """The destination does not answer."""

    reason = "DestinationUnreachable"


class DestinationDeniedError(DumpError):
    """The destination does not let us in, or not do this."""

    reason = "DestinationDenied"
    lasts = True


class DestinationFailedError(DumpError):
    """The destination answered with an error of its own."""

    reason = "DestinationFailed"


class BucketMissingError(DumpError):
    """There is no such bucket."""

    reason = "BucketMissing"
    lasts = True


class TLSFailedError(DumpError):
    """The destination could not prove who it is."""

    reason = "TLSFailed"
    lasts = True


class KeyInvalidError(DumpError):
    """The key file holds no key."""

    reason = "KeyInvalid"
    lasts = True


class KeyWrongError(DumpError):
    """The dump was encrypted with another key."""

    reason = "KeyWrong"


class DumpMissingError(DumpError):
    """There is no such dump."""

    reason = "DumpMissing"


class DumpDamagedError(DumpError):
    """The stored file is not what was once written."""

    reason = "DumpDamaged"


class ManifestDamagedError(DumpError):
    """The record of a dump cannot be read."""

    reason = "ManifestDamaged"


class DatabaseUnreachableError(DumpError):
    """PostgreSQL does not answer, or does not let us in."""

    reason = "DatabaseUnreachable"


class VersionMismatchError(DumpError):
    """The server is newer than the programs that come with this release."""

    reason = "VersionMismatch"
    lasts = True


class ProgramMissingError(DumpError):
    """A program of PostgreSQL's is not installed."""

    reason = "ProgramMissing"
    lasts = True


class InterruptedRunError(DumpError):
    """Somebody asked the run to stop."""

    reason = "Interrupted"
