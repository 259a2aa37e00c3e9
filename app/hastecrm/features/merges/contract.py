"""What the addresses of merges promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.merges.schemas import MergeBody, ShownMerges, merged_model, undone_model

_ETAG: Mapping[str, str] = MappingProxyType({"ETag": "The state of the record, for If-Match."})
_IF_MATCH: Final = Parameter(
    "If-Match", "header", "The ETag of the state that may be changed.", {"type": "string"}
)
_MERGE: Final = Parameter("merge", "path", "The id of the merge.", UUID_SCHEMA)
_CODES: Final = (Code.BIZ_NOT_FOUND, Code.BIZ_VERSION_MISMATCH, Code.BIZ_CONFLICT, Code.BIZ_DUPLICATE)


@dataclass(frozen=True, slots=True)
class Contract:
    """The operations of one kind."""

    merge: Operation
    list: Operation
    undo: Operation

    @property
    def operations(self) -> Sequence[Operation]:
        """All of them."""
        return (self.merge, self.list, self.undo)


@lru_cache
def contract_of(kind: Kind) -> Contract:
    """Return the operations of a kind, made once."""
    one, labels = f"{path_of(kind)}/{{id}}", kind.labels
    of = Parameter("id", "path", f"The id of the {kind.label} that stays.", UUID_SCHEMA)
    may = Right(kind.resource, Verb.DELETE)
    return Contract(
        Operation(
            f"merge{kind.types_name}",
            "POST",
            f"{one}/merge",
            f"Make other {labels} a part of this one: what belongs to them moves, they go into the trash",
            [Reply(200, "What came of it", merged_model(kind), _ETAG)],
            may,
            body=MergeBody,
            parameters=[of, _IF_MATCH],
            codes=_CODES,
            idempotent=True,
        ),
        Operation(
            f"list{kind.type_name}Merges",
            "GET",
            f"{one}/merges",
            f"List the last 100 merges of other {labels} into this one, newest first",
            [Reply(200, "The merges", ShownMerges)],
            Right(kind.resource, Verb.READ),
            parameters=[of],
            codes=[Code.BIZ_NOT_FOUND],
        ),
        Operation(
            f"undo{kind.type_name}Merge",
            "POST",
            f"{one}/merges/{{merge}}/undo",
            f"Make {labels} of their own again of what was merged, but for what was changed since",
            [Reply(200, "What came of it", undone_model(kind), _ETAG)],
            may,
            parameters=[of, _MERGE, _IF_MATCH],
            codes=_CODES,
            idempotent=True,
        ),
    )
