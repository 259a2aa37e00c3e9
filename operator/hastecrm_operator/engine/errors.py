"""Failures as decisions: the type of an error says what happens next."""


class ReconcileError(Exception):
    """A known reason why an object is not as it should be; `condition` is the type that it makes False."""

    stalled = False
    holds_back = True
    """Whether what comes after must wait for it."""

    def __init__(
        self, condition: str, reason: str, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.condition = condition
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class Waiting(ReconcileError):  # noqa: N818 - the name says what happens next
    """Something is under way; a watch event or `retry_after` seconds bring the next look."""


class Imperfect(ReconcileError):  # noqa: N818
    """It works, though not as it was asked for: nothing else waits for it."""

    holds_back = False


class Stalled(ReconcileError):  # noqa: N818
    """Only a person can go on from here; the message says how."""

    stalled = True


class APIError(Exception):
    """An answer of the API server that is not a success."""

    def __init__(self, status: int, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class NotFoundError(APIError):
    """The object, its namespace or its kind does not exist."""


class KindNotInstalledError(NotFoundError):
    """The cluster has no such kind: the product that brings it is not installed."""


class ConflictError(APIError):
    """Somebody else wrote first, or the object exists already."""


class RejectedError(APIError):
    """The API server understood and refused: forbidden, invalid, over quota."""


class NotOursError(RejectedError):
    """An object of the wanted name belongs to somebody else; the message says to whom, and the way out."""


class ExpiredError(APIError):
    """The resource version is too old to watch from: list again."""


class UnavailableError(APIError):
    """The API server cannot be reached or asks to be left alone for a while."""
