"""What the first step of a form hands to the second: sealed, so that the page in between shows none of it."""

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import orjson

from hastecrm.core.clock import Clock
from hastecrm.core.sealing import Sealer, SealError

_PLACE: Final = "sign-in ticket"
_LIFE: Final = timedelta(minutes=5)


class Tickets:
    """Makes and reads tickets, which are good for a few minutes."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def issue(self, values: Mapping[str, str]) -> str:
        """Return a ticket for some values."""
        body = {"ends": (self._clock() + _LIFE).timestamp(), "values": dict(values)}
        return base64.urlsafe_b64encode(self._sealer.seal(orjson.dumps(body), _PLACE)).decode("ascii")

    def read(self, ticket: str) -> Mapping[str, str] | None:
        """Return the values, or None for a ticket that is too old or was not made here."""
        try:
            sealed = base64.b64decode(ticket.encode(), altchars=b"-_", validate=True)
            body = orjson.loads(self._sealer.open(sealed, _PLACE))
        except (binascii.Error, SealError, UnicodeEncodeError):
            return None
        values: Mapping[str, str] = body["values"]
        return values if body["ends"] > self._clock().timestamp() else None
