"""Contacts in PostgreSQL: every statement names the workspace, every list is one index scan.

Whose records a principal sees is left to row-level security, which the scope of each connection tells.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, UniqueViolationError
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Action, Connections
from hastecrm.features.contacts.domain import COUNT_CAP, EDITABLE, UNIQUE_FIELDS, Changes, Contact

_COLUMNS = ", ".join(("id", *EDITABLE, "version", "created_at", "updated_at"))
_LIVING = "workspace_id = $1 AND deleted_at IS NULL"
# Only the module's own constants are put into statements; values always travel as parameters.
_INSERT = (
    f"INSERT INTO contacts (workspace_id, id, owner_id, {', '.join(EDITABLE)}) "  # noqa: S608
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}"
)
_GET = f"SELECT {_COLUMNS} FROM contacts WHERE {_LIVING} AND id = $2"  # noqa: S608
_NEWEST = f"SELECT {_COLUMNS} FROM contacts WHERE {_LIVING} ORDER BY created_at DESC, id DESC LIMIT $2"  # noqa: S608
NEWEST_AFTER = (
    f"SELECT {_COLUMNS} FROM contacts WHERE {_LIVING} AND (created_at, id) < ($3, $4) "  # noqa: S608
    "ORDER BY created_at DESC, id DESC LIMIT $2"
)
_UPDATE = (
    f"UPDATE contacts SET {', '.join(f'{name} = ${n}' for n, name in enumerate(EDITABLE, start=3))}, "  # noqa: S608
    f"version = version + 1, updated_at = now() WHERE {_LIVING} AND id = $2 RETURNING {_COLUMNS}"
)
_DELETE = f"UPDATE contacts SET deleted_at = now(), version = version + 1 WHERE {_LIVING} AND id = $2"  # noqa: S608
_COUNT = f"SELECT count(*) FROM (SELECT 1 FROM contacts WHERE {_LIVING} LIMIT {COUNT_CAP + 1}) AS capped"  # noqa: S608
_PURGE = (
    "DELETE FROM contacts WHERE id IN "
    "(SELECT id FROM contacts WHERE deleted_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
)

T = TypeVar("T")


class Contacts:
    """The contacts that a scope shows."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def add(self, who: Principal, contact_id: UUID, values: Changes) -> Contact:
        """Store a new contact of theirs; raises `BusinessError` when its e-mail address is taken."""
        fields = [values.get(name) for name in EDITABLE]
        with _naming_the_field():
            async with self._database.connection(who.scope) as connection:
                row = await connection.fetchrow(_INSERT, who.workspace, contact_id, who.user, *fields)
        return _contact(row)

    async def after_commit(self, action: Action) -> None:
        """Do this once what was stored is there for others to see."""
        await self._database.after_commit(action)

    async def get(self, scope: Scope, contact_id: UUID) -> Contact | None:
        """Return the contact, or None when there is none (any more)."""
        row = await self._database.read(lambda db: db.fetchrow(_GET, scope.workspace, contact_id), scope)
        return _contact(row) if row is not None else None

    async def page(self, scope: Scope, page: PageRequest) -> list[Contact]:
        """Return the newest contacts, one more than asked for if there are more."""
        after = (page.after.created_at, page.after.id) if page.after is not None else ()
        query = (NEWEST_AFTER if after else _NEWEST, scope.workspace, page.limit + 1, *after)
        return [_contact(row) for row in await self._database.read(lambda db: db.fetch(*query), scope)]

    async def locked(self, scope: Scope, contact_id: UUID, work: "WithContact[T]") -> T:
        """Do work with one contact in a transaction of its own, repeated where it meets a conflict."""

        async def alone(connection: Any) -> T:
            return await work(LockedContact(connection, scope.workspace, contact_id))

        with _naming_the_field():
            return await self._database.run(alone, scope)

    async def count(self, scope: Scope) -> int:
        """Return how many contacts there are, at most one more than the cap."""
        return int(await self._database.read(lambda db: db.fetchval(_COUNT, scope.workspace), scope))


class LockedContact:
    """One contact, locked for the length of a transaction."""

    def __init__(self, connection: Any, workspace: UUID | None, contact_id: UUID) -> None:
        self._connection = connection
        self._key = (workspace, contact_id)

    async def current(self) -> Contact | None:
        """Return the contact and keep others from changing it until the transaction ends."""
        row = await self._connection.fetchrow(f"{_GET} FOR UPDATE", *self._key)
        return _contact(row) if row is not None else None

    async def store(self, contact: Contact, changes: Changes) -> Contact:
        """Store the contact with changes; raises `BusinessError` when its e-mail address is taken."""
        fields = [changes.get(name, getattr(contact, name)) for name in EDITABLE]
        return _contact(await self._connection.fetchrow(_UPDATE, *self._key, *fields))

    async def delete(self) -> None:
        """Mark the contact as deleted; the worker removes it later."""
        await self._connection.execute(_DELETE, *self._key)


WithContact = Callable[[LockedContact], Awaitable[T]]


async def purge(connection: Any, before: datetime, limit: int) -> int:
    """Remove contacts that were deleted before a moment, whosever they are; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except UniqueViolationError as exc:
        field = UNIQUE_FIELDS.get(exc.constraint, "id")
        problem = FieldProblem(f"/{field}", "is already used by another contact")
        detail = f"Another contact already has this {field}."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc


def _contact(row: Any) -> Contact:
    return Contact(**row)
