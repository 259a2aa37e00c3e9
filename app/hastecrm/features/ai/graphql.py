"""The model over GraphQL: the same use cases, rights and checks as over REST."""

from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.features.ai import domain
from hastecrm.features.ai.contract import MAY_ASK
from hastecrm.features.ai.domain import Subject
from hastecrm.features.ai.schemas import ReplyBody
from hastecrm.features.ai.service import AIService

_MAY_ASK = field(MAY_ASK)


@strawberry.type
class Generated:
    """What a model wrote: check it before you use it."""

    text: str
    model: str
    generated: bool

    @classmethod
    def of(cls, written: domain.Generated) -> Self:
        """Return a text as GraphQL shows it."""
        return cls(text=written.text, model=written.model, generated=True)


def mutation_type(service: AIService) -> type:
    """Return the mutations: each of them leaves a line in the audit log."""
    own = {f"summarize_{subject}": _MAY_ASK(_summary(service, subject)) for subject in Subject}
    return strawberry.type(type("Mutation", (), {**own, "draft_reply": _MAY_ASK(_reply(service))}))


def _summary(service: AIService, subject: Subject) -> Any:
    async def summarize(self: Any, info: Info, id: UUID) -> Generated:  # noqa: A002, ARG001 - the client's name
        return Generated.of(await service.summary(principal_of(info), subject, id))

    summarize.__doc__ = f"Let a model summarise what happened last with a {subject}."
    return summarize


def _reply(service: AIService) -> Any:
    async def draft(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        contact: UUID,
        instructions: str | None = None,
    ) -> Generated:
        body = parse_values(ReplyBody, {"instructions": instructions})
        return Generated.of(await service.reply(principal_of(info), contact, body.instructions))

    draft.__doc__ = "Let a model draft a mail to a contact; it is not sent."
    return draft
