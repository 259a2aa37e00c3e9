"""What a case of the access matrix is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.access.world import Actor, Relation

from hastecrm.core.records.kind import Kind
from hastecrm.features.contacts.domain import CONTACT

API = "/api/v1"
ONLY = (Relation.SHARED,)


@dataclass(frozen=True)
class Ask:
    """One request: over REST, or as a GraphQL document with its variables."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Case:
    """Requests of an operation, one for each relation, and what is said of what one does not see."""

    ask: Callable[[Actor, Relation], Ask]
    relations: Sequence[Relation] = ONLY
    unseen: tuple[int, str] = (404, "BIZ_NOT_FOUND")
    # Takes the records out of an answer that lists or counts them, to compare them with what is seen; the
    # records are those of `what`.
    shown: Callable[[Any], object] | None = None
    what: Kind = CONTACT
