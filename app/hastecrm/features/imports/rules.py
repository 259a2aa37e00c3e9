"""What of an import can be changed, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hastecrm.core.bodies import wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.features.imports.mapping import check
from hastecrm.features.imports.record import OPEN, State

_DECIDED: Final = ("entity", "strategy", "empty", "mapping")


@dataclass(frozen=True, slots=True)
class ImportRules:
    """Keeps what is decided from changing once rows are stored; `kinds` are those that can be imported."""

    kinds: Mapping[str, Kind]

    async def complete(
        self, _connection: Any, _who: Principal, before: Record | None, values: Values
    ) -> Values:
        """Return the values; raises `CRMError` for those that cannot be (any more)."""
        state = State.DRAFT if before is None else State(before["state"])
        decided = [name for name in _DECIDED if name in values]
        if decided and state not in OPEN:
            raise BusinessError(
                f"An import that is {state} keeps its {decided[0]}; make a new one.", code=Code.BIZ_CONFLICT
            )
        if before is not None and state is not State.DRAFT and "entity" in values:
            raise wrong_value("/entity", "cannot change once there is a file; make a new import")
        if mapping := values.get("mapping"):
            self._check(before, mapping)
        return values

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing more belongs to it."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """It can always go: a worker that runs it stops."""

    def _check(self, before: Record | None, mapping: list[str]) -> None:
        columns = before["columns"] if before is not None else []
        if len(mapping) != len(columns):
            problem = f"must have one entry for each of the {len(columns)} columns of the file"
            raise wrong_value("/mapping", problem if columns else "must wait until the file is sent")
        if before is not None:
            check(self.kinds[before["entity"]], mapping, is_whole=False)
