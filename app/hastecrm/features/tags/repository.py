"""What happens to records when their tag ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Record, Values

_SECONDS: Final = 60
# A hundred thousand records take some seconds, and nobody waits for these rows meanwhile.
_PATIENCE: Final = f"SET LOCAL statement_timeout = '{_SECONDS}s'"
_FROM = "UPDATE {table} SET tags = array_remove(tags, $2), version = version + 1, updated_at = now() "
_THOSE = "id IN (SELECT record_id FROM record_tags WHERE workspace_id = $1 AND tag_id = $2)"


@dataclass(frozen=True, slots=True)
class TagRules:
    """Takes a tag away from all that have it, before it goes; `kinds` are all that there are."""

    kinds: Sequence[Kind]

    async def complete(
        self, _connection: Any, _who: Principal, _before: Record | None, values: Values
    ) -> Values:
        """Return the values as they are."""
        return values

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing belongs to a tag."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """Take the tag from every record, seen or not."""
        await connection.execute(_PATIENCE)
        for kind in self.kinds:
            if kind.tagged:
                statement = f"{_FROM.format(table=kind.plural)} WHERE workspace_id = $1 AND {_THOSE}"
                await connection.execute(statement, who.workspace, record["id"], timeout=_SECONDS)
