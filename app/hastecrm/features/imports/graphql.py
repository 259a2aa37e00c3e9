"""Imports over GraphQL: the same use case, rights and checks as over REST."""

from collections.abc import Sequence
from typing import Any, Self

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Right, Verb
from hastecrm.features.imports.domain import Outcome
from hastecrm.features.imports.schemas import ImportBody, import_json
from hastecrm.features.imports.service import ImportService


@strawberry.input
class CSVInput:
    """A CSV text whose first row names the columns, and what is to happen with the rows; as over REST."""

    csv: str
    mapping: JSON | None = None
    strategy: str = "both"
    empty: str = "keep"
    dry_run: bool = False


@strawberry.type
class ImportProblem:
    """Why a row was not taken; the header is row 1."""

    row: int
    column: str | None
    value: str | None
    detail: str


@strawberry.type
class ImportOutcome:
    """What came of the rows, or would come of them."""

    dry_run: bool
    mapping: JSON
    ignored: list[str]
    created: int
    updated: int
    unchanged: int
    skipped: int
    refused: int
    errors: list[ImportProblem]
    refused_csv: str

    @classmethod
    def of(cls, outcome: Outcome, *, dry_run: bool) -> Self:
        """Return an outcome as GraphQL shows it."""
        told = import_json(outcome, dry_run=dry_run)
        return cls(**{**told, "errors": [ImportProblem(**each) for each in told["errors"]]})


def root_types(services: Sequence[ImportService]) -> tuple[type]:
    """Return the mutations that import, one for each kind."""
    return (strawberry.type(type("Mutation", (), {_name(each): _mutation(each) for each in services})),)


def _name(service: ImportService) -> str:
    return f"import_{service.kind.plural}"


def _mutation(service: ImportService) -> Any:
    async def run(self: Any, info: Info, file: CSVInput) -> ImportOutcome:  # noqa: ARG001 - strawberry passes it
        outcome = await service.run(principal_of(info), parse_values(ImportBody, vars(file)).wanted())
        return ImportOutcome.of(outcome, dry_run=file.dry_run)

    run.__name__, run.__doc__ = _name(service), f"Import {service.kind.labels} from CSV."
    return field(Right(service.kind.resource, Verb.CREATE))(run)
