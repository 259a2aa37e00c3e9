"""Contacts in PostgreSQL: every statement names the workspace, every list is one index scan.

Whose records a principal sees is left to row-level security, which the scope of each connection tells.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from hastecrm.core.audit import Entry, differences, record_of
from hastecrm.core.bodies import wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.errors import (
    BusinessError,
    CRMError,
    FieldProblem,
    MissingReferenceError,
    UniqueViolationError,
)
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Action, Connections
from hastecrm.features.contacts.domain import COUNT_CAP, UNIQUE_FIELDS, WRITABLE, Changes, Contact, OwnedBy

_COLUMNS = ", ".join(("id", *WRITABLE, "version", "created_at", "updated_at"))
_LIVING = "workspace_id = $1 AND deleted_at IS NULL"
# Only the module's own constants are put into statements; values always travel as parameters.
_INSERT = (
    f"INSERT INTO contacts (workspace_id, id, {', '.join(WRITABLE)}) "  # noqa: S608
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}"
)
_GET = f"SELECT {_COLUMNS} FROM contacts WHERE {_LIVING} AND id = $2"  # noqa: S608
_NEWEST = f"SELECT {_COLUMNS} FROM contacts WHERE {_LIVING}"  # noqa: S608
_ORDER = "ORDER BY created_at DESC, id DESC LIMIT $2"
_AFTER = "AND (created_at, id) < ($3, $4)"
NEWEST_AFTER = f"{_NEWEST} {_AFTER} {_ORDER}"
_UPDATE = (
    f"UPDATE contacts SET {', '.join(f'{name} = ${n}' for n, name in enumerate(WRITABLE, start=3))}, "  # noqa: S608
    f"version = version + 1, updated_at = now() WHERE {_LIVING} AND id = $2 RETURNING {_COLUMNS}"
)
_DELETE = f"UPDATE contacts SET deleted_at = now(), version = version + 1 WHERE {_LIVING} AND id = $2"  # noqa: S608
_LIVE_ONES = f"SELECT 1 FROM contacts WHERE {_LIVING}"  # noqa: S608
_COUNT = f"SELECT count(*) FROM ({_LIVE_ONES} LIMIT {COUNT_CAP + 1}) AS capped"  # noqa: S608
_COUNT_OF = f"SELECT count(*) FROM ({_LIVE_ONES} AND owner_id = ANY ($2) LIMIT {COUNT_CAP + 1}) AS capped"  # noqa: S608
_HAND_OVER = (
    "UPDATE contacts SET owner_id = $3, version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND owner_id = $2"
)
_CLEAR = "DELETE FROM contacts WHERE id IN (SELECT id FROM contacts WHERE workspace_id = $1 LIMIT $2)"
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
        """Store a new contact; raises `BusinessError` when its e-mail address is taken."""
        fields = [values.get(name) for name in WRITABLE]
        with _naming_the_field():
            async with self._database.transaction(who.scope) as connection:
                row = await connection.fetchrow(_INSERT, who.workspace, contact_id, *fields)
                await record_of(connection, who, Entry("contact.created", "contact", contact_id))
        return _contact(row)

    async def after_commit(self, action: Action) -> None:
        """Do this once what was stored is there for others to see."""
        await self._database.after_commit(action)

    async def get(self, scope: Scope, contact_id: UUID) -> Contact | None:
        """Return the contact, or None when there is none (any more)."""
        row = await self._database.read(lambda db: db.fetchrow(_GET, scope.workspace, contact_id), scope)
        return _contact(row) if row is not None else None

    async def page(self, scope: Scope, page: PageRequest, owner: OwnedBy | None = None) -> list[Contact]:
        """Return the newest contacts, one more than asked for if there are more."""
        if owner == OwnedBy(None) and scope.owners is not None:
            return []  # what is nobody's is seen by those only who see everyone's
        query = page_statement(scope, page, owner)
        return [_contact(row) for row in await self._database.read(lambda db: db.fetch(*query), scope)]

    async def locked(self, who: Principal, contact_id: UUID, work: "WithContact[T]") -> T:
        """Do work with one contact in a transaction of its own, repeated where it meets a conflict."""

        async def alone(connection: Any) -> T:
            return await work(LockedContact(connection, who, contact_id))

        with _naming_the_field():
            return await self._database.run(alone, who.scope)

    async def count(self, scope: Scope) -> int:
        """Return how many contacts there are, at most one more than the cap."""
        query = (
            (_COUNT, scope.workspace) if scope.owners is None else (_COUNT_OF, scope.workspace, scope.owners)
        )
        return int(await self._database.read(lambda db: db.fetchval(*query), scope))


class LockedContact:
    """One contact, locked for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal, contact_id: UUID) -> None:
        self._connection = connection
        self._who = who
        self._key = (who.workspace, contact_id)

    async def current(self) -> Contact | None:
        """Return the contact and keep others from changing it until the transaction ends."""
        row = await self._connection.fetchrow(f"{_GET} FOR UPDATE", *self._key)
        return _contact(row) if row is not None else None

    async def store(self, contact: Contact, changes: Changes) -> Contact:
        """Store the contact with changes; raises `BusinessError` when its e-mail address is taken."""
        before = {name: getattr(contact, name) for name in WRITABLE}
        stored = await self._connection.fetchrow(_UPDATE, *self._key, *(before | dict(changes)).values())
        entry = Entry("contact.changed", "contact", contact.id, differences(before, changes))
        await record_of(self._connection, self._who, entry)
        return _contact(stored)

    async def delete(self) -> None:
        """Mark the contact as deleted; the worker removes it later."""
        await self._connection.execute(_DELETE, *self._key)
        await record_of(self._connection, self._who, Entry("contact.deleted", "contact", self._key[1]))


class ContactRecords:
    """What members and workspaces own here."""

    async def clear(self, connection: Any, workspace: UUID, limit: int) -> int:
        """Remove up to so many contacts of a workspace that is no more; return how many."""
        status: str = await connection.execute(_CLEAR, workspace, limit)
        return int(status.rpartition(" ")[2])

    async def hand_over(
        self, connection: Any, workspace: UUID, *, giver: UUID, heir: UUID | None, seconds: float
    ) -> int:
        """Make all contacts of one member another's, or nobody's; return how many they were."""
        status: str = await connection.execute(_HAND_OVER, workspace, giver, heir, timeout=seconds)
        return int(status.rpartition(" ")[2])


WithContact = Callable[[LockedContact], Awaitable[T]]


async def purge(connection: Any, before: datetime, limit: int) -> int:
    """Remove contacts that were deleted before a moment, whosever they are; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


def page_statement(scope: Scope, page: PageRequest, owner: OwnedBy | None) -> tuple[Any, ...]:
    """Return the statement and its values; each way is index scans that stop when the page is full."""
    after = (page.after.created_at, page.after.id) if page.after is not None else ()
    values = (scope.workspace, page.limit + 1, *after)
    rest = f"{_AFTER if after else ''} {_ORDER}"
    if owner == OwnedBy(None):
        return f"{_NEWEST} AND owner_id IS NULL {rest}", *values
    people = scope.owners if owner is None else [owner.user]
    if people is None:
        return f"{_NEWEST} {rest}", *values
    # Row-level security would find the same, but only by walking past everyone else's contacts.
    each = f"{_NEWEST} AND owner_id = person {rest}"
    everyone = f"unnest(${len(values) + 1}::uuid[]) AS people (person)"
    return (
        f"SELECT {_COLUMNS} FROM {everyone} CROSS JOIN LATERAL ({each}) AS contact {_ORDER}",  # noqa: S608
        *values,
        people,
    )


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except MissingReferenceError as exc:
        raise _no_owner(exc) from exc
    except UniqueViolationError as exc:
        field = UNIQUE_FIELDS.get(exc.constraint, "id")
        problem = FieldProblem(f"/{field}", "is already used by another contact")
        detail = f"Another contact already has this {field}."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc


def _contact(row: Any) -> Contact:
    return Contact(**row)


def _no_owner(exc: MissingReferenceError) -> CRMError:
    if exc.constraint != "contacts_owner":
        return exc
    return wrong_value("/owner_id", "is not a member of this workspace")
