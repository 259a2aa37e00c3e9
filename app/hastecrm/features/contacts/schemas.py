"""Contacts as JSON: what comes in is checked here once, what goes out is shaped here."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from hastecrm.core.bodies import BODY, PATCH, SHOWN, Blankable, EmailAddress, Line, parse_query_id
from hastecrm.features.contacts.domain import Changes, Contact, OwnedBy

_PHONE = re.compile(r"[0-9+(][0-9 ()./x-]{2,}")


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise ValueError("must be a phone number such as +43 1 234567")
    return value


FirstName = Annotated[Line, Field(min_length=1, max_length=100)]
LastName = Annotated[Line, Field(max_length=100)]
Email = Blankable[EmailAddress]
Phone = Blankable[Annotated[Line, Field(max_length=40), AfterValidator(_phone)]]
JobTitle = Blankable[Annotated[Line, Field(max_length=100)]]
Company = Blankable[Annotated[Line, Field(max_length=200)]]


class NewContact(BaseModel):
    """The body of a POST."""

    model_config = BODY

    first_name: FirstName
    last_name: LastName = ""
    email: Email = None
    phone: Phone = None
    title: JobTitle = None
    company: Company = None
    owner_id: UUID | None = None

    def values(self) -> Changes:
        """Return every field; the owner only if one was named, or nobody was."""
        return self.model_dump(exclude={"owner_id"} - self.model_fields_set)


class ContactPatch(BaseModel):
    """The body of a PATCH (RFC 7396): absent fields stay, null empties a field that may be empty."""

    model_config = PATCH

    # The defaults only stand for "absent": `values` returns what was sent and nothing else.
    first_name: FirstName = ""
    last_name: LastName = ""
    email: Email = None
    phone: Phone = None
    title: JobTitle = None
    company: Company = None
    owner_id: UUID | None = None

    def values(self) -> Changes:
        """Return only the fields that were sent."""
        return self.model_dump(exclude_unset=True)


class ShownContact(BaseModel):
    """A contact as `contact_json` shows it."""

    model_config = SHOWN

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    owner_id: UUID | None
    version: int = Field(ge=1)
    created_at: datetime
    updated_at: datetime


class ShownPage(BaseModel):
    """Some contacts, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownContact]
    next: str | None


class ShownCount(BaseModel):
    """How many contacts there are; `capped` when there are more than that."""

    model_config = SHOWN

    count: int = Field(ge=0)
    capped: bool


def contact_json(contact: Contact) -> dict[str, Any]:
    """Return the contact as it is shown to clients; dates are ISO 8601 in UTC once they are JSON."""
    return {
        "id": str(contact.id),  # asyncpg returns a subclass that orjson does not know
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone,
        "title": contact.title,
        "company": contact.company,
        "owner_id": str(contact.owner_id) if contact.owner_id else None,
        "version": contact.version,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }


def parse_owner(query: Mapping[str, str]) -> OwnedBy | None:
    """Return whose contacts a query string asks for, or None for everyone's; raises `InvalidInputError`."""
    if query.get("owner") == "none":
        return OwnedBy(None)
    owner = parse_query_id(query, "owner")
    return OwnedBy(owner) if owner is not None else None
