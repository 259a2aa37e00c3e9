"""Privacy over GraphQL: the same use cases, rights and checks as over REST."""

from datetime import datetime
from uuid import UUID

import orjson
import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.features.privacy.contract import ERASE_RIGHT, READ
from hastecrm.features.privacy.schemas import AddressesBody, EraseBody
from hastecrm.features.privacy.service import PrivacyService


@strawberry.type
class Erasure(Shown):
    """What is left of somebody who was erased, with how much of what was removed."""

    id: UUID
    contact_id: UUID
    actor_id: UUID | None
    removed: JSON
    created_at: datetime


@strawberry.type
class ErasurePage:
    """Some erasures, newest first, and the cursor of those that follow."""

    items: list[Erasure]
    next: str | None


def root_types(service: PrivacyService) -> tuple[type, type]:
    """Return the queries and the mutation."""

    @strawberry.type
    class Query:
        @field(READ)
        async def personal_data(self, info: Info, id: UUID) -> JSON:  # noqa: A002 - the name is the client's
            """Everything that is kept about a contact."""
            found: JSON = orjson.loads(await service.export(principal_of(info), id))
            return found

        @field(READ)
        async def erasures(
            self, info: Info, limit: int = DEFAULT_LIMIT, cursor: str | None = None
        ) -> ErasurePage:
            """Who was erased and by whom, newest first."""
            page = await service.page(principal_of(info), PageRequest.parse(str(limit), cursor))
            after = page.next.encode() if page.next is not None else None
            return ErasurePage(items=[Erasure.of(each) for each in page.items], next=after)

        @field(READ)
        async def erased(self, info: Info, emails: list[str]) -> list[str]:
            """Those of the addresses whose people were erased."""
            wanted = parse_values(AddressesBody, {"emails": emails}).emails
            return list(await service.erased_of(principal_of(info), wanted))

    @strawberry.type
    class Mutation:
        @field(ERASE_RIGHT)
        async def erase_contact(self, info: Info, id: UUID, confirm: str) -> Erasure:  # noqa: A002 - as above
            """Erase a person: the contact and everything that is kept about them, for good."""
            body = parse_values(EraseBody, {"confirm": confirm})
            return Erasure.of(await service.erase(principal_of(info), id, body.confirm))

    return Query, Mutation
