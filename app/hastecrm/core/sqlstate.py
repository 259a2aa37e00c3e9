"""What PostgreSQL's errors mean to whoever asked: one table from SQLSTATE to our errors. No I/O here.

An error that is not in the table is a bug in a statement: it travels on and becomes SYS_UNEXPECTED.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import asyncpg

from hastecrm.core.codes import Code
from hastecrm.core.errors import (
    BusinessError,
    CRMError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    FieldProblem,
    HTTPError,
    InvalidInputError,
    MaintenanceError,
    MissingReferenceError,
    UniqueViolationError,
    WriteConflictError,
)
from hastecrm.core.logging import get_logger

log = get_logger()

# Losing the connection surfaces as any of these, depending on where the socket broke.
_CONNECTION_LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver loses its place when a server crashes in mid-sentence
)
# Written in PostgreSQL's sources; the message would be in the server's language.
_ROW_SECURITY = "ExecWithCheckOptions"


def _unavailable(exc: Any) -> CRMError:
    return DatabaseUnavailableError(reason(exc))


def _unique(exc: Any) -> CRMError:
    return UniqueViolationError(str(exc.constraint_name))


def _stands_against(exc: Any) -> CRMError:
    return MissingReferenceError(str(exc.constraint_name))


def _overlaps(_exc: Any) -> CRMError:
    return BusinessError("It overlaps with another record.", code=Code.BIZ_CONFLICT)


def _unacceptable(exc: Any) -> CRMError:
    column = getattr(exc, "column_name", None)
    problems = [FieldProblem(f"/{column}", "cannot be stored like this")] if column else []
    return InvalidInputError("A value is missing, too long or out of range.", errors=problems)


def _unstorable(_exc: Any) -> CRMError:
    return InvalidInputError("The text contains characters that cannot be stored.")


def _forbidden(exc: Any) -> CRMError | None:
    if getattr(exc, "server_source_function", None) != _ROW_SECURITY:
        return None  # a missing GRANT: whoever installed the CRM must know, and no user can do anything
    log.error("row-level security refused what the policy had allowed: a bug", reason=str(exc))
    return HTTPError("You may not do this with this record.", code=Code.AUTH_FORBIDDEN)


_Meaning = Callable[[Any], CRMError | None]
# Five characters are one condition, two a whole class; the longer match wins.
MEANINGS: Mapping[str, _Meaning] = MappingProxyType(
    {
        "08": _unavailable,  # connection exceptions
        "22001": _unacceptable,  # text too long
        "22003": _unacceptable,  # number out of range
        "22007": _unacceptable,  # no such date
        "22008": _unacceptable,  # date out of range
        "22021": _unstorable,  # NUL and what is no UTF-8
        "22P02": _unacceptable,  # text that is no uuid, number, …
        "22P05": _unstorable,
        "23502": _unacceptable,  # NULL
        "23503": _stands_against,
        "23505": _unique,
        "23514": _unacceptable,  # CHECK
        "23P01": _overlaps,
        "25006": _unavailable,  # the server is read-only: a standby, or the primary of yesterday
        "25P03": _unavailable,  # idle in transaction for too long: the connection is gone
        "28": _unavailable,  # the password or the role is wrong
        "3D000": _unavailable,  # there is no such database
        "40001": lambda _: WriteConflictError(),  # serialization failure
        "40P01": lambda _: WriteConflictError(),  # deadlock
        "42501": _forbidden,
        "53": _unavailable,  # out of connections, memory, disk
        "55P03": lambda _: WriteConflictError(),  # the lock was not free in time
        "57014": lambda _: DatabaseTimeoutError(),  # statement_timeout
        "57P01": _unavailable,  # the server shuts down, or someone ended this session
        "57P02": _unavailable,  # it crashes
        "57P03": _unavailable,  # it starts
        "57P04": _unavailable,  # the database was dropped
        "57P05": _unavailable,  # the session was idle for too long
        "58": _unavailable,  # the server's own disk or files
    }
)


def translate(exc: BaseException) -> CRMError | None:
    """Return our error for one of asyncpg's, or None when it is nobody's fault but the code's."""
    if isinstance(exc, asyncpg.PostgresError):
        state = str(exc.sqlstate)
        meaning = MEANINGS.get(state) or MEANINGS.get(state[:2])
        return meaning(exc) if meaning is not None else None
    if isinstance(exc, TimeoutError):
        return DatabaseTimeoutError()
    # asyncpg also derives its complaints about wrong arguments from InterfaceError: those are bugs.
    if isinstance(exc, _CONNECTION_LOST) and not isinstance(exc, ValueError):
        return DatabaseUnavailableError(reason(exc))
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raise our error in place of asyncpg's, keeping the cause."""
    try:
        yield
    except CRMError:
        raise
    except Exception as exc:
        if (known := translate(exc)) is not None:
            raise known from exc
        raise


@contextmanager
def translated_connecting() -> Iterator[None]:
    """As `translated`, for the moments in which a connection is made."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        if isinstance(exc, TimeoutError):
            raise DatabaseTimeoutError from exc
        # "database … is not currently accepting connections": nobody but a restore closes it.
        if isinstance(exc, asyncpg.ObjectNotInPrerequisiteStateError):
            raise MaintenanceError(reason(exc)) from exc
        raise DatabaseUnavailableError(reason(exc)) from exc


def reason(exc: BaseException) -> str:
    """Say in a few words why a connection failed."""
    text = str(exc).strip().splitlines()
    return text[0].rstrip(".") if text else type(exc).__name__
