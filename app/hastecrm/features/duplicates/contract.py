"""What the addresses of duplicates promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.duplicates.domain import LISTED
from hastecrm.features.duplicates.schemas import Dismissal, answers_of

_LEAST: Final = Parameter(
    "min_score",
    "query",
    "Only pairs with this score at least.",
    {"type": "integer", "minimum": LISTED, "maximum": 100, "default": LISTED},
)
_DISMISSED: Final = Parameter(
    "dismissed",
    "query",
    "Instead, those of which somebody said that they are not the same.",
    {"type": "boolean", "default": False},
)


@dataclass(frozen=True, slots=True)
class Contract:
    """The operations of one kind."""

    alike: Operation
    pairs: Operation
    dismiss: Operation

    @property
    def operations(self) -> Sequence[Operation]:
        """All of them."""
        return (self.alike, self.pairs, self.dismiss)


@lru_cache
def contract_of(kind: Kind) -> Contract:
    """Return the operations of a kind, made once."""
    answers, read = answers_of(kind), Right(kind.resource, Verb.READ)
    pairs = f"/api/v1/duplicates/{kind.plural}"
    return Contract(
        Operation(
            f"listDuplicatesOf{kind.type_name}",
            "GET",
            f"{path_of(kind)}/{{id}}/duplicates",
            f"List {kind.labels} that may be the same as this one, the likeliest first, and say why",
            [Reply(200, "What is like it", answers.alike)],
            read,
            parameters=[Parameter("id", "path", f"The id of the {kind.label}.", UUID_SCHEMA)],
            codes=[Code.BIZ_NOT_FOUND],
        ),
        Operation(
            f"listDuplicate{kind.types_name}",
            "GET",
            pairs,
            f"List pairs of {kind.labels} that may be the same, the likeliest first; a page may hold fewer "
            "than asked for and yet have a next one",
            [Reply(200, "A page of pairs", answers.pairs)],
            read,
            parameters=[*PAGE_PARAMETERS, _LEAST, _DISMISSED],
            codes=[Code.VALIDATION_FAILED],
        ),
        Operation(
            f"changeDuplicate{kind.types_name}",
            "PATCH",
            f"{pairs}/{{id}}",
            f"Say that two {kind.labels} are not the same, which is remembered, or take that back",
            [Reply(200, "The pair", answers.pair)],
            Right(kind.resource, Verb.UPDATE),
            body=Dismissal,
            parameters=[Parameter("id", "path", "The id of the pair.", UUID_SCHEMA)],
            codes=[Code.BIZ_NOT_FOUND],
        ),
    )
