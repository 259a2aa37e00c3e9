"""What a kind of record is: its name, its fields and their rules. No I/O here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from hastecrm.core.policy import Resource

Record = Mapping[str, Any]
Values = Mapping[str, Any]
# A kind's own rules: given the record as it is (None: it is new) and the values that are to change, return
# those that are stored. Pure; raises `InvalidInputError` or `BusinessError`.
Prepare = Callable[[Record | None, Values], Values]


class Type(StrEnum):
    """What a field holds."""

    TEXT = "text"  # one line
    LONG_TEXT = "long_text"  # several lines
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    NUMBER = "number"  # whole
    MONEY = "money"  # two decimals; a string in JSON, so that no client rounds it
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    ENUM = "enum"
    REFERENCE = "reference"  # the id of another record; a member's where there is no `refers_to`
    TEXTS = "texts"  # a list of lines


TEXTUAL: Final = frozenset({Type.TEXT, Type.LONG_TEXT, Type.EMAIL, Type.PHONE, Type.URL})


@dataclass(frozen=True, slots=True)
class Target:
    """The kind that a reference leads to, and its table."""

    kind: str
    table: str
    trashed: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind; its column has the same name.

    `required`: must be given, and is never empty. `nullable` False: an empty value is `default`, never null.
    `length`: characters, or entries of TEXTS. `writable` False: only the CRM itself writes it.
    `computed`: PostgreSQL makes it from other columns.
    `order_column`: what it is sorted by, where that is another column (numeric has no index that a cursor
    could use: its comparisons are not leakproof, so row-level security keeps them out of index conditions).
    """

    name: str
    type: Type
    description: str
    example: Any
    required: bool = False
    nullable: bool = True
    default: Any = None
    length: int | None = None
    least: int | None = None
    most: int | None = None
    choices: Sequence[str] = ()
    refers_to: Target | None = None
    check: Callable[[str], str] | None = None
    writable: bool = True
    computed: bool = False
    filterable: bool = True
    order_column: str | None = None

    @property
    def may_be_null(self) -> bool:
        """Whether there may be nothing in it."""
        return self.nullable and not self.required


@dataclass(frozen=True, slots=True)
class Link:
    """A table that joins records of this kind with many of another: its columns are `mine` and `theirs`."""

    kind: str
    table: str
    mine: str
    theirs: str


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of record, and the table of the same name as `plural`.

    `unique`: names of unique constraints, with the field that each is about. `owned`: records belong to
    members, and only those see them who see the owner. `tagged`, `custom`: they have tags, and the fields
    that workspaces add. `trashed`: a deleted record can be brought back until the worker removes it.
    `is_seen`, and `seen_where` in SQL with `{me}` for who asks: which of them somebody sees, where that is
    not for owners to decide. `sortable`: the fields that lists can be sorted by; each has an index
    (workspace_id, column, id). `links`: the tables that join its records with many of another kind.
    """

    name: str
    plural: str
    resource: Resource
    description: str
    fields: Sequence[Field]
    unique: Mapping[str, str]
    sortable: Sequence[str] = ("created_at",)
    owned: bool = True
    tagged: bool = True
    custom: bool = True
    trashed: bool = True
    prepare: Prepare | None = None
    is_seen: Callable[[Record, UUID | None], bool] | None = None
    seen_where: str = ""
    links: Sequence[Link] = ()

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ")

    @property
    def labels(self) -> str:
        """The plural as people read it."""
        return self.plural.replace("_", " ")

    @property
    def type_name(self) -> str:
        """The name as programs write types."""
        return _camel(self.name)

    @property
    def types_name(self) -> str:
        """The plural as programs write it."""
        return _camel(self.plural)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Every field by its name, those too that all records have."""
        return {field.name: field for field in (*self.fields, *self._common())}

    @cached_property
    def writable(self) -> Sequence[str]:
        """The columns that requests write, in a fixed order."""
        own = [field.name for field in self.fields if field.writable]
        also = [("owner_id", self.owned), ("tags", self.tagged), ("custom", self.custom)]
        return (*own, *(name for name, is_there in also if is_there))

    @cached_property
    def stored(self) -> Sequence[str]:
        """The columns that are written, in a fixed order."""
        own = [field.name for field in self.fields if not field.computed]
        return (*own, *(name for name in self.writable if name not in own))

    @cached_property
    def columns(self) -> Sequence[str]:
        """The columns that are shown, in their order."""
        hidden = [name for name in self.writable if name not in {field.name for field in self.fields}]
        own = [field.name for field in self.fields]
        ends = ("deleted_at",) if self.trashed else ()
        return ("id", *own, *hidden, "version", "created_at", "updated_at", *ends)

    @cached_property
    def references(self) -> Sequence[Field]:
        """The fields that hold other records' ids and that requests write."""
        return [field for field in self.fields if field.type is Type.REFERENCE and field.writable]

    def _common(self) -> Sequence[Field]:
        owner = Field("owner_id", Type.REFERENCE, "The member that it belongs to.", str(UUID(int=7)))
        return (*((owner,) if self.owned else ()), *(_COMMON if self.trashed else _COMMON[:-1]))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_MOMENT: Final = "2026-11-27T09:30:00Z"
_COMMON: Final = (
    Field("id", Type.REFERENCE, "Its id.", str(UUID(int=9)), nullable=False, writable=False),
    Field("version", Type.NUMBER, "Counts its changes.", 1, nullable=False, writable=False),
    Field(
        "created_at", Type.DATETIME, "When it was added.", _MOMENT, nullable=False, writable=False
    ),
    Field(
        "updated_at", Type.DATETIME, "When it was changed last.", _MOMENT, nullable=False, writable=False
    ),
    Field("deleted_at", Type.DATETIME, "When it was put into the trash.", _MOMENT, writable=False),
)  # fmt: skip


def etag(record: Record) -> str:
    """Return the entity tag of this state of a record."""
    return f'"{record["version"]}"'
