"""What can go wrong with dumps: a word for programs, a sentence with the way out for people. No I/O here."""

from typing import ClassVar


class DumpError(Exception):
    """A failure whose message says what, where and what to do."""

    reason: ClassVar[str] = "DumpFailed"


class DestinationFullError(DumpError):
    """There is no room for the dump."""

    reason = "DestinationFull"


class DestinationUnreachableError(DumpError):
    """The destination does not answer."""

    reason = "DestinationUnreachable"


class DestinationDeniedError(DumpError):
    """The destination does not let us in, or not do this."""

    reason = "DestinationDenied"


class DestinationFailedError(DumpError):
    """The destination answered with an error of its own."""

    reason = "DestinationFailed"


class BucketMissingError(DumpError):
    """There is no such bucket."""

    reason = "BucketMissing"


class TLSFailedError(DumpError):
    """The destination could not prove who it is."""

    reason = "TLSFailed"


class KeyInvalidError(DumpError):
    """The key file holds no key."""

    reason = "KeyInvalid"


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


class ProgramMissingError(DumpError):
    """A program of PostgreSQL's is not installed."""

    reason = "ProgramMissing"


class InterruptedRunError(DumpError):
    """Somebody asked the run to stop."""

    reason = "Interrupted"
