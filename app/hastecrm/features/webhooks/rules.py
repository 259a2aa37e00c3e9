"""What a webhook must be: an address that may be called, and events that there are."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from hastecrm.core.bodies import wrong_value
from hastecrm.core.identity import Principal
from hastecrm.core.outbound import ForbiddenAddressError, Outbound
from hastecrm.core.records.kind import Record, Values

_EVENT: Final = re.compile(r"([a-z_]{1,40})\.(\*|[a-z_]{1,40})")


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """Keeps webhooks that can work; `entities` are the kinds of record that events are about."""

    entities: Collection[str]
    outbound: Outbound

    async def complete(
        self, _connection: Any, who: Principal, before: Record | None, values: Values
    ) -> Values:
        """Return the values that are stored; raises `InvalidInputError` for what could never be sent."""
        if "url" in values:
            self._check_url(values["url"])
        self._check_events(values.get("events", ()))
        if before is None:
            return {**values, "created_by": who.user}
        return {**values, **_given_another_chance(before, values)}

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing belongs to a webhook that is not there by itself."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """Whoever may delete webhooks may delete any."""

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname or "", parts.port
        except ValueError as exc:
            raise wrong_value("/url", "must be an address such as https://example.com/hooks") from exc
        encrypted = parts.scheme.lower() == "https"
        if not encrypted and not self.outbound.allows_networks:
            raise wrong_value("/url", "must begin with https://")
        self._check_host(host, encrypted=encrypted)

    def _check_host(self, host: str, *, encrypted: bool) -> None:
        try:
            ip_address(host)
        except ValueError:
            return  # A name: what it leads to is judged whenever something is sent.
        try:
            self.outbound.check(host, encrypted=encrypted)
        except ForbiddenAddressError as exc:
            raise wrong_value("/url", f"leads nowhere: {exc.strerror}") from exc

    def _check_events(self, events: Sequence[str]) -> None:
        for number, event in enumerate(events):
            found = _EVENT.fullmatch(event)
            if found is None or found[1] not in self.entities:
                known = ", ".join(sorted(self.entities))
                problem = f"must be such as deal.moved or deal.*, of one of {known}"
                raise wrong_value(f"/events/{number}", problem)


def _given_another_chance(before: Record, values: Values) -> Mapping[str, Any]:
    is_revived = values.get("active") and not before["active"]
    return {"disabled_reason": None, "failing_since": None} if is_revived else {}
