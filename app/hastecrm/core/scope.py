"""What a database connection may see; PostgreSQL's row-level security reads it. No I/O here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace, in it the records of some people or, with None, of everyone, and what a role may do."""

    workspace: UUID | None = None
    owners: Sequence[UUID] | None = ()
    role: str | None = None
    system: bool = False

    def settings(self) -> tuple[str, str, str, str]:
        """Return the values of `hastecrm.system`, `.workspace`, `.owners` and `.role`."""
        owners = "*" if self.owners is None else "{" + ",".join(map(str, self.owners)) + "}"
        return ("on" if self.system else "", str(self.workspace or ""), owners, self.role or "")


NOBODY: Final = Scope()  # what a connection has until it is told more: no record at all
SYSTEM: Final = Scope(system=True)  # jobs and sign-in, which serve no single workspace
