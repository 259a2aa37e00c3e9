"""What a saved view must be, and whose it is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hastecrm.core.bodies import wrong_value
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError
from hastecrm.core.identity import Principal, Role
from hastecrm.core.records.filters.condition import Asked, condition
from hastecrm.core.records.filters.parser import parse_filter
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.order import Order
from hastecrm.core.records.parameters import Parameters


@dataclass(frozen=True, slots=True)
class SavedViewRules:
    """Keeps views that a list can show; `kinds` are all that there are, by name."""

    kinds: Mapping[str, Kind]
    clock: Clock

    async def complete(
        self, _connection: Any, who: Principal, before: Record | None, values: Values
    ) -> Values:
        """Return the values with whose view it is; raises `CRMError` for what no list could show."""
        if before is None:
            values = {**values, "owner_id": who.user}
        else:
            _check_owner(who, before)
        self._check({**(before or {}), **values}, who)
        return values

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing belongs to a view."""

    async def end(self, _connection: Any, who: Principal, record: Record) -> None:
        """Raise `HTTPError` where it is another's."""
        _check_owner(who, record)

    def _check(self, view: Mapping[str, Any], who: Principal) -> None:
        kind = self.kinds.get(view["entity"])
        if kind is None:
            raise wrong_value("/entity", f"must be one of {', '.join(self.kinds)}")
        if unknown := [name for name in view.get("columns") or () if not _is_column(kind, name)]:
            raise wrong_value("/columns", f"names {unknown[0]}, which is no field of {kind.labels}")
        with _about("/filter"):
            if (node := parse_filter(view.get("filter") or "")) is not None:
                condition(kind, node, Asked(who.user, self.clock()), Parameters(who.workspace))
        with _about("/order_by"):
            Order.parse(kind, view.get("order_by") or None)


@contextmanager
def _about(pointer: str) -> Iterator[None]:
    try:
        yield
    except CRMError as exc:
        raise wrong_value(pointer, exc.errors[0].detail) from exc


def _is_column(kind: Kind, name: str) -> bool:
    return name in kind.columns or (kind.custom and name.startswith("custom."))


def _check_owner(who: Principal, view: Record) -> None:
    if view["owner_id"] not in (None, who.user) and who.role not in (Role.OWNER, Role.ADMIN):
        detail = "Only whoever made this view, or who runs the workspace, changes it. Save one of your own."
        raise HTTPError(detail, code=Code.AUTH_FORBIDDEN)
