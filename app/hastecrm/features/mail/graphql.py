"""Mails over GraphQL: the same use cases, rights and checks as over REST."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.mail.domain import Written
from hastecrm.features.mail.schemas import MailBody
from hastecrm.features.mail.service import MailService


@strawberry.input
class MailInput:
    """A mail to a contact: a template, or subject and body; placeholders are filled in either way."""

    template_id: UUID | None = None
    subject: str | None = None
    body: str | None = None
    html: str | None = None
    deal_id: UUID | None = None
    reply_to_id: UUID | None = None


@strawberry.type
class MailPreview:
    """A mail as its reader would get it; `empty` names the placeholders without value and substitute."""

    to: str | None
    subject: str
    text: str
    html: str | None
    empty: list[str]

    @classmethod
    def of(cls, mail: Written) -> "MailPreview":
        """Return a mail as GraphQL shows it."""
        return cls(to=mail.to, subject=mail.subject, text=mail.text, html=mail.html, empty=list(mail.empty))


def root_types(service: MailService, activity: type) -> tuple[type, type]:
    """Return the query that previews and the mutation that sends; `activity` is the type of an activity."""
    return _queries(service), _mutations(service, activity)


def _queries(service: MailService) -> type:
    @strawberry.type
    class Query:
        @field(Right(Resource.MAIL_TEMPLATE, Verb.READ))
        async def mail_preview(self, info: Info, template: UUID, contact: UUID) -> MailPreview:
            """A template as a contact would get it."""
            return MailPreview.of(await service.preview(principal_of(info), template, contact))

    return Query


def _mutations(service: MailService, activity: Any) -> type:
    async def send_mail(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        contact: UUID,
        mail: MailInput,
    ) -> activity:
        draft = parse_values(MailBody, vars(mail)).draft()
        return await service.send(principal_of(info), contact, draft)

    send_mail.__doc__ = "Send a mail to a contact; the activity tells what becomes of it."
    guarded = field(Right(Resource.MAIL, Verb.CREATE))(send_mail)
    return strawberry.type(type("Mutation", (), {"send_mail": guarded}))
