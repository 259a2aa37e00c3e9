"""The people of a deal; the first one is the primary one, until another one is made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

MOST: Final = 50  # people of one deal
_ALL: Final = (
    "SELECT p.deal_id, c.id, c.first_name, c.last_name, c.email, p.is_primary, p.created_at AS added_at "
    "FROM deal_contacts AS p JOIN contacts AS c ON c.workspace_id = p.workspace_id AND c.id = p.contact_id "
    "WHERE p.workspace_id = $1 AND p.deal_id = ANY ($2) AND c.deleted_at IS NULL "
    "ORDER BY p.is_primary DESC, p.created_at, c.id"
)
_NO_PRIMARY: Final = (
    "UPDATE deal_contacts SET is_primary = false "
    "WHERE workspace_id = $1 AND deal_id = $2 AND contact_id <> $3 AND is_primary"
)
# Only who is there to be seen can be put in.
_ADD: Final = (
    "INSERT INTO deal_contacts (workspace_id, deal_id, contact_id, is_primary) "
    "SELECT $1, $2, id, $4 OR NOT EXISTS "
    "(SELECT 1 FROM deal_contacts WHERE workspace_id = $1 AND deal_id = $2 AND is_primary) "
    "FROM contacts WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL "
    "ON CONFLICT (workspace_id, deal_id, contact_id) "
    "DO UPDATE SET is_primary = deal_contacts.is_primary OR excluded.is_primary RETURNING true"
)
_COUNT: Final = "SELECT count(*) FROM deal_contacts WHERE workspace_id = $1 AND deal_id = $2"
_REMOVE: Final = (
    "DELETE FROM deal_contacts WHERE workspace_id = $1 AND deal_id = $2 AND contact_id = $3 "
    "RETURNING is_primary"
)
_NEXT_PRIMARY: Final = (
    "UPDATE deal_contacts SET is_primary = true WHERE workspace_id = $1 AND deal_id = $2 AND contact_id = "
    "(SELECT contact_id FROM deal_contacts WHERE workspace_id = $1 AND deal_id = $2 "
    "ORDER BY created_at, contact_id LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class DealPerson:
    """A contact as part of a deal."""

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    is_primary: bool
    added_at: datetime


async def people_of(
    database: Connections, scope: Scope, deals: Sequence[UUID]
) -> Mapping[UUID, list[DealPerson]]:
    """Return the people of each deal that the scope shows, the primary one first."""
    rows = await database.read(lambda db: db.fetch(_ALL, scope.workspace, deals), scope)
    found: dict[UUID, list[DealPerson]] = {deal: [] for deal in deals}
    for deal, *person in rows:
        found[deal].append(DealPerson(*person))
    return found


class DealPeople:
    """The people of one deal, which the transaction has locked."""

    def __init__(self, connection: Any, workspace: UUID | None, deal: UUID) -> None:
        self._connection = connection
        self._key = (workspace, deal)

    async def count(self) -> int:
        """Return how many there are, seen or not."""
        return int(await self._connection.fetchval(_COUNT, *self._key))

    async def put(self, contact: UUID, *, is_primary: bool) -> bool:
        """Put a contact in, or make it the primary one; False when there is no such contact to be seen."""
        if is_primary:
            await self._connection.execute(_NO_PRIMARY, *self._key, contact)
        return bool(await self._connection.fetchval(_ADD, *self._key, contact, is_primary))

    async def remove(self, contact: UUID) -> bool:
        """Take a contact out; of the others the first one becomes primary. False when it was not in."""
        was_primary = await self._connection.fetchval(_REMOVE, *self._key, contact)
        if was_primary:
            await self._connection.execute(_NEXT_PRIMARY, *self._key)
        return was_primary is not None
