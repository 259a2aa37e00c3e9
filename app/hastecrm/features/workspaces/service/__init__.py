"""What can be done with workspaces and their people; knows no HTTP and no SQL."""

from typing import Protocol
from uuid import UUID


class Known(Protocol):
    """What this process remembers about who people are; a change makes it ask again."""

    def forget(self, session: UUID) -> None:
        """Make one session count as it is from its next request on."""

    def forget_all(self) -> None:
        """Make roles, teams and memberships count as they are from the next request on."""
