"""Timelines over GraphQL: the same use case, rights and checks as over REST."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.timeline.domain import Subject
from hastecrm.features.timeline.service import TimelineService


@strawberry.type
class Happening(Shown):
    """One line of a timeline: the record of a kind, and when it was."""

    kind: str
    id: UUID
    at: datetime
    type: str
    title: str
    text: str | None
    owner_id: UUID | None


@strawberry.type
class Timeline:
    """What happened last, newest first, and the cursor of what happened before, if anything did."""

    items: list[Happening]
    next: str | None


def root_types(service: TimelineService) -> tuple[type]:
    """Return the queries: the timeline of each kind of subject."""
    return (strawberry.type(type("Query", (), dict(_fields(service)))),)


def _fields(service: TimelineService) -> Any:
    for subject in Subject:
        resolver = _timeline(service, subject)
        resolver.__doc__ = f"What was done for a {subject} and written down about it, newest first."
        yield f"{subject}_timeline", field(Right(Resource(subject), Verb.READ))(resolver)


def _timeline(service: TimelineService, subject: Subject) -> Any:
    async def timeline(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Timeline:
        wanted = PageRequest.parse(str(limit), cursor)
        page = await service.page(principal_of(info), subject, id, wanted)
        after = page.next.encode() if page.next is not None else None
        return Timeline(items=[Happening.of(each) for each in page.items], next=after)

    return timeline
