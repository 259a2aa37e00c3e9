"""What goes wrong, as one sentence with the way out, and the exit code that scripts see."""

from enum import IntEnum
from typing import Final

from hastecrm_operator.engine.errors import (
    APIError,
    ConflictError,
    KindNotInstalledError,
    NotFoundError,
    UnavailableError,
)


class Exit(IntEnum):
    """Exit codes; a script may rely on them."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    NOT_READY = 3
    NOT_FOUND = 4
    NOT_ACHIEVED = 5
    DECLINED = 6
    USAGE = 64
    INTERRUPTED = 130


MEANINGS: Final = {
    Exit.DONE: "Done. `plan`: nothing would change. `status` and `why`: Ready.",
    Exit.FAILED: "It could not be done; the sentence on standard error says why, and the way out.",
    Exit.CHANGES: "`plan`: something would change.",
    Exit.NOT_READY: "`status` and `why`: the object is not Ready (or one of several is not).",
    Exit.NOT_FOUND: "What was named does not exist.",
    Exit.NOT_ACHIEVED: "It was begun, and it failed or took longer than `--timeout`.",
    Exit.DECLINED: "You answered no, or there was no terminal to ask on (use `--yes`).",
    Exit.USAGE: "The command line is wrong.",
    Exit.INTERRUPTED: "Ctrl-C.",
}


class Problem(Exception):  # noqa: N818 - it is for a person
    """Ends the program with a sentence."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


_SIGN_IN: Final = "the API server does not know you: sign in again, or choose another --context"


def explained(exc: APIError) -> Problem:
    """Return an answer of the API server as a sentence with the way out."""
    code = Exit.NOT_FOUND if isinstance(exc, NotFoundError) else Exit.FAILED
    return Problem(_sentence(exc), code)


def _sentence(exc: APIError) -> str:
    if exc.status in {401, 403}:
        return _SIGN_IN if exc.status == 401 else f"{exc.message}; ask for that permission"
    match exc:
        case KindNotInstalledError():
            return f"{exc.message}; install HasteCRM in this cluster, or choose another --context"
        case UnavailableError():
            return f"the API server does not answer: {exc.message}; see `kubectl cluster-info`"
        case ConflictError():
            return f"somebody was faster: {exc.message}; try again"
    return exc.message
