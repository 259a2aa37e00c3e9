"""Contacts over GraphQL: the same use cases, rights and checks as over REST."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.pagination import DEFAULT_LIMIT
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.kind import Record
from hastecrm.core.records.listing import Chosen, Listing
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import Change, RecordService
from hastecrm.features.contacts.domain import CONTACT

_READ = Right(Resource.CONTACT, Verb.READ)


@strawberry.type
class Contact:
    """A person that the workspace knows."""

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

    @classmethod
    def of(cls, contact: Record) -> Self:
        """Return a contact as GraphQL shows it."""
        return cls(**{name: contact[name] for name in cls.__annotations__})


@strawberry.type
class ContactPage:
    """Some contacts, and the cursor of those that follow, if any do."""

    items: list[Contact]
    next: str | None


@strawberry.type
class ContactCount:
    """How many contacts there are; `capped` when there are more than that."""

    value: int
    capped: bool


@strawberry.input
class ContactInput:
    """Values for a contact; what is left out is left as it is."""

    first_name: str | None = strawberry.UNSET
    last_name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    title: str | None = strawberry.UNSET
    company: str | None = strawberry.UNSET
    owner_id: UUID | None = strawberry.UNSET

    def given(self) -> dict[str, Any]:
        """Return what was sent."""
        return {name: value for name, value in vars(self).items() if value is not strawberry.UNSET}


IfMatch = Annotated[
    str | None, strawberry.argument(description='The state that may be changed, such as `"3"`.')
]


def root_types(service: RecordService) -> tuple[type, type]:
    """Return the queries and mutations over contacts."""
    return _queries(service), _mutations(service)


def _queries(service: RecordService) -> type:
    @strawberry.type
    class Query:
        @field(_READ)
        async def contact(self, info: Info, id: UUID) -> Contact:  # noqa: A002 - the name is the client's
            """One contact."""
            return Contact.of(await service.get(principal_of(info), id))

        @field(_READ)
        async def contacts(
            self,
            info: Info,
            limit: int = DEFAULT_LIMIT,
            cursor: str | None = None,
            owner: UUID | None = None,
        ) -> ContactPage:
            """Contacts, newest first; with `owner` only those of this user."""
            asked = {"limit": str(limit), "cursor": cursor, "owner": str(owner) if owner else None}
            given = {name: value for name, value in asked.items() if value is not None}
            page = await service.page(principal_of(info), Listing.of(CONTACT, given))
            return ContactPage(items=[Contact.of(contact) for contact in page.items], next=page.next)

        @field(_READ)
        async def contact_count(self, info: Info) -> ContactCount:
            """How many contacts there are, up to a cap."""
            count = await service.count(principal_of(info), Chosen())
            return ContactCount(value=count.value, capped=count.capped)

    return Query


def _mutations(service: RecordService) -> type:
    @strawberry.type
    class Mutation:
        @field(Right(Resource.CONTACT, Verb.CREATE))
        async def create_contact(self, info: Info, values: ContactInput) -> Contact:
            """Add a contact."""
            new = parse_values(models_of(CONTACT).new, values.given())
            return Contact.of(await service.create(principal_of(info), values_of(new)))

        @field(Right(Resource.CONTACT, Verb.UPDATE))
        async def change_contact(
            self,
            info: Info,
            id: UUID,  # noqa: A002 - as above
            values: ContactInput,
            if_match: IfMatch = None,
        ) -> Contact:
            """Change the fields that are sent."""
            patch = parse_values(models_of(CONTACT).patch, values.given())
            change = Change(id, values_of(patch), if_match)
            return Contact.of(await service.change(principal_of(info), change))

        @field(Right(Resource.CONTACT, Verb.DELETE))
        async def delete_contact(self, info: Info, id: UUID, if_match: IfMatch = None) -> bool:  # noqa: A002
            """Delete a contact."""
            await service.delete(principal_of(info), id, if_match)
            return True

    return Mutation
