"""The errors that this program can answer with, in four families; their codes are in `codes`. No I/O here.

Raise the family that fits; `core.middleware` turns it into one RFC 9457 body, whoever asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hastecrm.core.codes import Code


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One value that is wrong: where it is (JSON pointer, or the name of a query parameter) and why."""

    where: str
    detail: str
    in_query: bool = False

    def as_json(self) -> dict[str, str]:
        """Return the member of `errors[]` that stands for this problem."""
        return {"parameter" if self.in_query else "pointer": self.where, "detail": self.detail}


class CRMError(Exception):
    """An error that knows how to be answered; subclasses are the four layers."""

    default: ClassVar[Code] = Code.SYS_UNEXPECTED

    def __init__(
        self,
        detail: str,
        *,
        code: Code | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        reason: str | None = None,
    ) -> None:
        # What `str()` tells goes to logs and the internal port; `detail` goes to whoever asked.
        super().__init__(reason or detail)
        self.detail = detail
        self.code = code or self.default
        self.status = self.code.status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.retry_after = retry_after


class InvalidInputError(CRMError):
    """The client sent values that cannot be accepted; `errors` says which."""

    default = Code.VALIDATION_FAILED


class BusinessError(CRMError):
    """The values are fine, but a rule of the CRM forbids it."""

    default = Code.BIZ_NOT_FOUND


class HTTPError(CRMError):
    """The request itself is wrong: address, method, size, credentials."""

    default = Code.HTTP_BAD_REQUEST


class SystemFaultError(CRMError):
    """Our fault or our infrastructure's; in production the detail stays general."""

    default = Code.SYS_UNEXPECTED


class DatabaseUnavailableError(SystemFaultError):
    """PostgreSQL refuses, is gone, or was never reached."""

    default = Code.SYS_DATABASE_UNAVAILABLE
    sentence = "The database cannot be reached at the moment."

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(self.sentence, retry_after=2, reason=reason)


class MaintenanceError(DatabaseUnavailableError):
    """The database is closed for a moment, on purpose: another one takes its place."""

    default = Code.SYS_MAINTENANCE
    sentence = "The CRM is being maintained and will be back in a moment."


class OverloadedError(SystemFaultError):
    """Every database connection is in use and none came free in time."""

    default = Code.SYS_OVERLOADED

    def __init__(self, detail: str = "All database connections are busy; try again shortly.") -> None:
        super().__init__(detail, retry_after=1)


class WriteConflictError(SystemFaultError):
    """PostgreSQL undid a transaction because others changed the same records at the same time."""

    default = Code.SYS_CONFLICT

    def __init__(self, detail: str = "Many requests change the same record at once; try again.") -> None:
        super().__init__(detail, retry_after=1)


class DatabaseTimeoutError(SystemFaultError):
    """A statement ran into its time limit."""

    default = Code.SYS_DATABASE_TIMEOUT

    def __init__(self, detail: str = "The database did not answer in time.") -> None:
        super().__init__(detail, retry_after=5)


class NotReadyError(SystemFaultError):
    """A probe's way to say no, with the reason."""

    default = Code.SYS_NOT_READY

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=1)


class UniqueViolationError(BusinessError):
    """A unique constraint said no; repositories translate the constraint into a field."""

    default = Code.BIZ_DUPLICATE

    def __init__(self, constraint: str) -> None:
        super().__init__("Another record already has this value.")
        self.constraint = constraint


class MissingReferenceError(BusinessError):
    """A foreign key said no; repositories translate the constraint into a field."""

    default = Code.BIZ_CONFLICT

    def __init__(self, constraint: str) -> None:
        super().__init__("A record that this one refers to does not exist, or this one is still referred to.")
        self.constraint = constraint
