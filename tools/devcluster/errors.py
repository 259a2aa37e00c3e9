"""Errors that end a command with one line a person can act on."""


class DevclusterError(Exception):
    """Something the user can fix; its text names the cause and the way out, in one line."""


class ComponentFailedError(DevclusterError):
    """A component of the cluster died or never became ready; carries the end of its log."""

    def __init__(self, message: str, log_tail: str) -> None:
        super().__init__(message)
        self.log_tail = log_tail
