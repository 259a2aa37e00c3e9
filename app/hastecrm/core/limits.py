"""How much time, space and how many connections one client may take. No I/O here."""

from dataclasses import dataclass, field
from typing import Final, Self

from aiohttp import web

from hastecrm.core.client_address import TrustedProxies
from hastecrm.core.settings import Settings

PROGRESS: Final = 1024  # bytes that must move, either way, in each `stall_seconds`


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one port; times in seconds, sizes in bytes."""

    head_seconds: float = 15.0
    head_bytes: int = 32_768
    body_seconds: float = 20.0
    stall_seconds: float = 10.0
    connections: int = 1000
    connections_per_client: int = 100
    # They connect for many clients, so only the total counts.
    trusted: TrustedProxies = field(default_factory=TrustedProxies)

    @classmethod
    def of(cls, settings: Settings, trusted: TrustedProxies) -> Self:
        """Read the settings."""
        return cls(
            head_seconds=settings.request_head_timeout,
            head_bytes=settings.request_head_size,
            body_seconds=settings.request_body_timeout,
            stall_seconds=settings.request_stall_timeout,
            connections=settings.max_connections,
            connections_per_client=settings.max_connections_per_client,
            trusted=trusted,
        )

    @property
    def period(self) -> float:
        """How often connections are looked at: often enough for the shortest limit, at most each second."""
        return min(1.0, min(self.head_seconds, self.stall_seconds) / 5)


# An application without these limits (the internal port) has the defaults.
LIMITS: Final = web.AppKey("limits", Limits)
