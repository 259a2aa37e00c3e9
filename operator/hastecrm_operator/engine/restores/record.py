"""HasteCRMRestore objects as values, and what they are to say. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api.restore import HasteCRMRestore
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.verdict import Verdict, stamped

Status = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One object: as it is stored, and parsed."""

    body: Body
    parsed: HasteCRMRestore

    @property
    def name(self) -> str:
        """Return the name of the object."""
        return self.parsed.metadata.name

    @property
    def uid(self) -> str:
        """Return what its Jobs and databases are named after."""
        return self.parsed.metadata.uid

    @property
    def has_begun(self) -> bool:
        """Whether anything has been done for it."""
        return self.parsed.status.phase not in {None, "Pending"}

    @property
    def is_deleted(self) -> bool:
        """Whether somebody has deleted it and we still hold it."""
        return self.parsed.metadata.deletion_timestamp is not None

    def saying(self, changes: Mapping[str, Any], ready: Verdict | None, now: datetime) -> "Record":
        """Return the object with these changes of its status; what becomes None is left out."""
        status = {**self.body.get("status", {}), **changes}
        if ready is not None:
            status |= self._told(ready, now)
        body = {**self.body, "status": {key: value for key, value in status.items() if value is not None}}
        return replace(self, body=body, parsed=HasteCRMRestore.parse(body))

    def _told(self, ready: Verdict, now: datetime) -> Status:
        before, generation = self.body.get("status", {}), self.parsed.metadata.generation
        said = stamped(types.READY, ready, generation, before, now)
        others = [c for c in before.get("conditions", ()) if c["type"] != types.READY]
        return {"message": ready.message, "conditions": [*others, said]}


def records(bodies: Iterable[Body]) -> list[Record]:
    """Return the objects that can be read, in their turn: what has begun first, then who asked first."""
    found = []
    for body in bodies:
        try:
            found.append(Record(body, HasteCRMRestore.parse(body)))
        except ValidationError:
            continue
    return sorted(found, key=lambda r: (not r.has_begun, r.parsed.metadata.creation_timestamp, r.name))
