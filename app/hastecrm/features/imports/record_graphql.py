"""Imports over GraphQL, beside what all records have; the file itself is sent over REST."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.imports.control import ImportControl
from hastecrm.features.imports.record_schemas import error_cells, preview_json

_READ, _UPDATE = Right(Resource.IMPORT, Verb.READ), Right(Resource.IMPORT, Verb.UPDATE)


@strawberry.type
class ImportRowProblem:
    """What is wrong with a row; without a field, with the whole row."""

    field: str | None
    detail: str


@strawberry.type
class ImportPreviewRow:
    """One row as it would be stored; the header is row 1."""

    row: int
    values: JSON
    errors: list[ImportRowProblem]


def root_types(control: ImportControl, record: type) -> tuple[type, type]:
    """Return the queries and the mutations; `record` is the type of an import."""
    return _queries(control), _mutations(control, record)


def _queries(control: ImportControl) -> type:
    @strawberry.type
    class Query:
        @field(_READ)
        async def import_preview(self, info: Info, id: UUID, limit: int = 20) -> list[ImportPreviewRow]:  # noqa: A002 - the name is the client's
            """The first rows of an import as they would be stored; at most 100."""
            rows = await control.preview(principal_of(info), id, max(1, min(limit, 100)))
            return [
                ImportPreviewRow(
                    row=each["row"],
                    values=each["values"],
                    errors=[ImportRowProblem(**error) for error in each["errors"]],
                )
                for each in preview_json(rows)["items"]
            ]

        @field(_READ)
        async def import_errors(self, info: Info, id: UUID) -> list[list[str]]:  # noqa: A002 - the name is the client's
            """The first thousand rows that were not taken: their cells, number, column, value and problem."""
            found, pages = await control.errors(principal_of(info), id)
            return [list(error_cells(found, error)) for error in await anext(pages, [])]

    return Query


def _mutations(control: ImportControl, record: Any) -> type:
    @strawberry.type
    class Mutation:
        @field(_UPDATE)
        async def start_import(self, info: Info, id: UUID, dry_run: bool = False) -> record:  # noqa: A002 - the name is the client's
            """Start an import, or go on with one that was cancelled or failed."""
            return await control.start(principal_of(info), id, dry_run=dry_run)

        @field(_UPDATE)
        async def cancel_import(self, info: Info, id: UUID) -> record:  # noqa: A002 - the name is the client's
            """Stop an import; what it stored stays."""
            return await control.cancel(principal_of(info), id)

    return Mutation
