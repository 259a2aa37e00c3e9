"""What the addresses of a kind promise to clients; the routes keep it, the OpenAPI document says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Cached, Operation, Parameter, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.bulk import ChosenRecords, ShownBulk, bulk_model
from hastecrm.core.records.history import ShownHistory
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.schemas import ShownCount, models_of

_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
_FLAG: Mapping[str, Any] = MappingProxyType({"type": "boolean", "default": False})
_ETAG: Mapping[str, str] = MappingProxyType({"ETag": "The state that was shown, for If-Match."})
_IF_MATCH = Parameter("If-Match", "header", "The ETag of the state that may be changed.", _TEXT)
_COUNTING = Parameter(
    "count",
    "query",
    "`capped` stops at 10,000; `exact` counts all, which takes longer the more there are.",
    {"type": "string", "enum": ["capped", "exact"], "default": "capped"},
)
_FILTER = Parameter(
    "filter",
    "query",
    'Which ones: `city = "Vienna" AND created_at >= -30d`; the reference of filters has the whole language.',
    {"type": "string", "maxLength": 2_000},
)
_CHANGE_CODES: Final = (Code.BIZ_NOT_FOUND, Code.BIZ_VERSION_MISMATCH)
_TAKEN: Final = (Code.BIZ_DUPLICATE, Code.BIZ_CONFLICT)


@dataclass(frozen=True, slots=True)
class Contract:
    """The operations of one kind; a kind without a trash has no `restore`."""

    create: Operation
    list: Operation
    count: Operation
    get: Operation
    change: Operation
    delete: Operation
    history: Operation
    change_many: Operation
    delete_many: Operation
    restore: Operation | None

    @property
    def operations(self) -> Sequence[Operation]:
        """All of them."""
        one = (self.create, self.get, self.change, self.delete, self.history)
        every = (*one, self.list, self.count, self.change_many, self.delete_many)
        return (*every, self.restore) if self.restore is not None else every


@lru_cache
def contract_of(kind: Kind) -> Contract:
    """Return the operations of a kind, made once."""
    of = _Operations(kind)
    return Contract(
        of.create(),
        of.list(),
        of.count(),
        of.get(),
        of.change(),
        of.delete(),
        of.history(),
        of.change_many(),
        of.delete_many(),
        of.restore() if kind.trashed else None,
    )


def path_of(kind: Kind) -> str:
    """Return the address of all records of a kind."""
    return f"/api/v1/{kind.plural.replace('_', '-')}"


class _Operations:
    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._models = models_of(kind)
        self._all = path_of(kind)
        self._one = f"{self._all}/{{id}}"
        self._id = Parameter("id", "path", f"The id of the {kind.label}.", UUID_SCHEMA)
        self._shown = Reply(200, f"The {kind.label}", self._models.shown, _ETAG)

    def _right(self, verb: Verb) -> Right:
        return Right(self._kind.resource, verb)

    def create(self) -> Operation:
        location = {**_ETAG, "Location": "Its address."}
        return Operation(
            f"create{self._kind.type_name}",
            "POST",
            self._all,
            f"Add a {self._kind.label}",
            [Reply(201, f"The {self._kind.label}", self._models.shown, location)],
            self._right(Verb.CREATE),
            body=self._models.new,
            codes=_TAKEN,
            idempotent=True,
        )

    def list(self) -> Operation:
        described = f"One of {', '.join(self._kind.sortable)}; with ` desc` in the reverse order."
        order = Parameter("order_by", "query", described, {**_TEXT, "default": "created_at desc"})
        return Operation(
            f"list{self._kind.types_name}",
            "GET",
            self._all,
            f"List {self._kind.labels}, newest first unless told otherwise",
            [Reply(200, f"A page of {self._kind.labels}", self._models.page)],
            self._right(Verb.READ),
            parameters=[*PAGE_PARAMETERS, order, *self._choosing()],
            codes=[Code.VALIDATION_FAILED],
            cached=Cached(unless=["cursor", "filter"]),
        )

    def count(self) -> Operation:
        return Operation(
            f"count{self._kind.types_name}",
            "GET",
            f"{self._all}/count",
            f"Count {self._kind.labels}, up to a cap",
            [Reply(200, "The count", ShownCount)],
            self._right(Verb.READ),
            parameters=[_COUNTING, *self._choosing()],
            codes=[Code.VALIDATION_FAILED],
            cached=Cached(unless=["filter"]),
        )

    def get(self) -> Operation:
        return Operation(
            f"get{self._kind.type_name}",
            "GET",
            self._one,
            f"Show a {self._kind.label}",
            [Reply(200, f"The {self._kind.label}", self._models.shown)],
            self._right(Verb.READ),
            parameters=[self._id],
            codes=[Code.BIZ_NOT_FOUND],
        )

    def change(self) -> Operation:
        return Operation(
            f"change{self._kind.type_name}",
            "PATCH",
            self._one,
            "Change the fields that are sent",
            [self._shown],
            self._right(Verb.UPDATE),
            body=self._models.patch,
            media_types=("application/json", "application/merge-patch+json"),
            parameters=[self._id, _IF_MATCH],
            codes=[*_TAKEN, *_CHANGE_CODES],
        )

    def delete(self) -> Operation:
        summary = (
            f"Put a {self._kind.label} into the trash"
            if self._kind.trashed
            else f"Delete a {self._kind.label}"
        )
        return Operation(
            f"delete{self._kind.type_name}",
            "DELETE",
            self._one,
            summary,
            [Reply(204, "It is gone")],
            self._right(Verb.DELETE),
            parameters=[self._id, _IF_MATCH],
            codes=[*_CHANGE_CODES, Code.BIZ_CONFLICT],
        )

    def history(self) -> Operation:
        return Operation(
            f"list{self._kind.type_name}History",
            "GET",
            f"{self._one}/history",
            "List what was done with it, field by field, newest first",
            [Reply(200, "A page of changes", ShownHistory)],
            self._right(Verb.READ),
            parameters=[self._id, *PAGE_PARAMETERS],
            codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
        )

    def change_many(self) -> Operation:
        return Operation(
            f"change{self._kind.types_name}",
            "POST",
            f"{self._all}/change",
            f"Change many {self._kind.labels} in the same way, all of them or none",
            [Reply(200, "What was changed", ShownBulk)],
            self._right(Verb.UPDATE),
            body=bulk_model(self._kind),
            codes=[Code.BIZ_NOT_FOUND, *_TAKEN],
        )

    def delete_many(self) -> Operation:
        return Operation(
            f"delete{self._kind.types_name}",
            "POST",
            f"{self._all}/delete",
            f"Delete many {self._kind.labels}, all of them or none",
            [Reply(200, "What was deleted", ShownBulk)],
            self._right(Verb.DELETE),
            body=ChosenRecords,
            codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
        )

    def restore(self) -> Operation:
        return Operation(
            f"restore{self._kind.type_name}",
            "POST",
            f"{self._one}/restore",
            "Take it out of the trash",
            [self._shown],
            self._right(Verb.DELETE),
            parameters=[self._id],
            codes=[Code.BIZ_NOT_FOUND, *_TAKEN],
        )

    def _choosing(self) -> Sequence[Parameter]:
        owner = Parameter("owner", "query", "Only those of this user; `none`: of nobody.", _TEXT)
        trashed = Parameter("trashed", "query", "Those in the trash instead, the latest first.", _FLAG)
        return [_FILTER, *([owner] if self._kind.owned else []), *([trashed] if self._kind.trashed else [])]
