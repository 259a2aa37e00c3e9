"""Mailboxes over GraphQL: the same use case, rights and checks as over REST."""

from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.mailboxes.schemas import PasswordBody
from hastecrm.features.mailboxes.service import MailboxService


def root_types(service: MailboxService) -> tuple[type]:
    """Return the mutation that stores passwords."""

    @strawberry.type
    class Mutation:
        @field(Right(Resource.MAIL_ACCOUNT, Verb.UPDATE))
        async def set_mail_account_password(self, info: Info, account: UUID, password: str) -> bool:
            """Store the password of a mail account and look into it at once; nobody is ever shown it."""
            body = parse_values(PasswordBody, {"password": password})
            await service.set_password(principal_of(info), account, body.password)
            return True

    return (Mutation,)
