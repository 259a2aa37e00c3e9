"""What an automation must be."""

from dataclasses import dataclass
from typing import Any

from hastecrm.core.bodies import wrong_value
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.errors import CRMError
from hastecrm.core.identity import Principal
from hastecrm.core.records.filters.condition import Asked, condition
from hastecrm.core.records.filters.parser import parse_filter
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.parameters import Parameters
from hastecrm.features.automations.domain import Action


@dataclass(frozen=True, slots=True)
class AutomationRules:
    """Keeps automations that can work; `deal` is the kind that they are about."""

    deal: Kind
    clock: Clock = utc_now

    async def complete(
        self, _connection: Any, who: Principal, _before: Record | None, values: Values
    ) -> Values:
        """Return the values with whose rights it works: of whoever changed it last; raises `CRMError`."""
        for number, text in enumerate(values.get("actions", ())):
            try:
                Action.parse(text)
            except ValueError as exc:
                raise wrong_value(f"/actions/{number}", str(exc)) from exc
        if "actions" in values and not values["actions"]:
            raise wrong_value("/actions", "must name something to do")
        self._check_filter(values.get("filter") or "", who)
        return {**values, "created_by": who.user}

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing belongs to an automation that is not there by itself."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """Whoever may delete automations may delete any."""

    def _check_filter(self, text: str, who: Principal) -> None:
        try:
            if (node := parse_filter(text)) is not None:
                condition(self.deal, node, Asked(who.user, self.clock()), Parameters(who.workspace))
        except CRMError as exc:
            raise wrong_value("/filter", exc.errors[0].detail) from exc
