"""The releases that were recorded: found in memory, read when one is to run again, kept within a limit."""

from collections import OrderedDict
from typing import Any, Final

import orjson

from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.cluster import Reader
from hastecrm_operator.engine.kinds import CONTROLLER_REVISION
from hastecrm_operator.engine.recorded import RevisionState
from hastecrm_operator.engine.releases.target import Part

_REMEMBERED: Final = 256


def records_of(key: Key, children: Children) -> dict[int, Child]:
    """Return what is recorded of an object, by number."""
    known = children.of(key, CONTROLLER_REVISION)
    return {r.facts.number: r for r in known if isinstance(r.facts, RevisionState) and not r.deleting}


def revision_in(record: Child) -> RevisionState:
    """Return the facts of a record."""
    assert isinstance(record.facts, RevisionState)  # noqa: S101 - `records` has looked
    return record.facts


class History:
    """Reads the specs of records, which never change, and remembers the last ones, packed."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: OrderedDict[str, bytes] = OrderedDict()

    async def part(self, record: Child) -> Part:
        """Return the recorded part of a spec; raises the API errors."""
        packed = self._known.get(record.uid) or await self._read(record)
        part: dict[str, Any] = orjson.loads(packed)
        return part

    async def _read(self, record: Child) -> bytes:
        live = await self._reader.get(CONTROLLER_REVISION, record.id.namespace, record.id.name)
        self._known[record.uid] = orjson.dumps(live["data"]["spec"])
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return self._known[record.uid]
