"""What a contact is, and the rules it keeps. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

DEFAULT_WORKSPACE: Final = UUID("00000000-0000-7000-8000-000000000001")
COUNT_CAP: Final = 10_000
EDITABLE: Final = ("first_name", "last_name", "email", "phone", "title", "company")
WRITABLE: Final = (*EDITABLE, "owner_id")
# What a constraint's name means to the person who broke it.
UNIQUE_FIELDS: Final[Mapping[str, str]] = MappingProxyType({"contacts_email_unique": "email"})

Changes = Mapping[str, str | UUID | None]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person that a workspace knows."""

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    owner_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def etag(self) -> str:
        """The entity tag of this state of the contact."""
        return f'"{self.version}"'


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """A filter of the list: the contacts of one person or, with None, those that belong to nobody."""

    user: UUID | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many contacts there are, exact up to a cap so that asking stays cheap at any size."""

    value: int
    capped: bool

    @classmethod
    def of(cls, counted: int) -> "Count":
        """Return the count for a query that stopped one past the cap."""
        return cls(min(counted, COUNT_CAP), counted > COUNT_CAP)


def changed(contact: Contact, values: Changes) -> Changes:
    """Return only the values that the contact does not have yet."""
    return {name: value for name, value in values.items() if getattr(contact, name) != value}


def may_own(owner: UUID | None, visible: Sequence[UUID] | None) -> bool:
    """Whether someone who sees the records of these people (None: everyone's) may make this the owner.

    Only if they still see the contact afterwards: nobody puts a record out of their own sight.
    """
    return visible is None or owner in visible
