"""Why a migration run cannot go on: each reason is a type, and one word for the Job's report."""

from typing import ClassVar, Final

import asyncpg

# How the end of a connection shows, depending on who ended it and when.
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
    OSError,
)


class MigrationError(Exception):
    """A run that cannot go on; the message says which file or database, and what to do."""

    reason: ClassVar[str] = "MigrationFailed"


class ChecksumChangedError(MigrationError):
    """A file that was applied is no longer what it was."""

    reason = "ChecksumChanged"


class SchemaTooNewError(MigrationError):
    """The database has lost what this version needs."""

    reason = "SchemaTooNew"


class ExpandFirstError(MigrationError):
    """The contract phase was asked for before what this version needs was there."""

    reason = "ExpandFirst"


class LockTimeoutError(MigrationError):
    """Others kept a table or a row for longer than a migration may make everyone wait."""

    reason = "LockTimeout"


class DatabaseUnreachableError(MigrationError):
    """No connection, or one that was lost."""

    reason = "DatabaseUnreachable"
