"""What a check found out. No I/O here."""

from dataclasses import dataclass
from typing import Any

CONNECTED = "Connected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word, one sentence, and what is known of the connection; `latency` in seconds."""

    reason: str
    message: str
    server_version: str | None = None
    tls: bool | None = None
    latency: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the application can work with this store."""
        return self.reason == CONNECTED

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as it is reported; what is not known is left out."""
        latency = None if self.latency is None else round(self.latency * 1000, 2)
        known = {"serverVersion": self.server_version, "tls": self.tls, "latencyMs": latency}
        said = {"ok": self.ok, "reason": self.reason, "message": self.message}
        return said | {name: value for name, value in known.items() if value is not None}


class UnusableError(Exception):
    """The store answers, but the application could not work with it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
