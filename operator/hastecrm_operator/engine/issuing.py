"""What the engine asks of whoever makes certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Certificates:
    """PEM files by name (ca.crt, ca.key, tls.crt, tls.key), and when the server's is to be replaced."""

    files: Mapping[str, bytes]
    renew_after: datetime


class Issue(Protocol):
    """Makes certificates."""

    async def __call__(
        self, existing: Mapping[str, bytes], names: Sequence[str], now: datetime
    ) -> Certificates:
        """Return a certificate for a server of these names, by the authority in `existing` if usable."""
