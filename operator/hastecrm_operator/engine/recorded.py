"""What is remembered of a release that was recorded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RevisionState:
    """A release that was recorded; the spec itself is read when it is needed."""

    number: int
    target: str
    version: str = ""
    app: str = ""
    """The application's image."""
    schema: int | None = None
    """Version of the schema that it was released with."""
    backup: str = ""
    """The dump that was taken before it."""
    deferred: bool = False
    """Whether something is to be taken from the database some time after its promotion."""
    promoted_at: str = ""

    @property
    def promoted(self) -> datetime:
        """When it was found good."""
        return (
            datetime.fromisoformat(self.promoted_at) if self.promoted_at else datetime.min.replace(tzinfo=UTC)
        )


def revision_state(live: JSON) -> RevisionState | None:
    """Return what is remembered of a ControllerRevision of ours; None for one of a StatefulSet."""
    data: JSON = live.get("data") or {}
    if "target" not in data:
        return None
    return RevisionState(
        number=live["revision"],
        target=data["target"],
        version=data["spec"]["version"],
        app=data["images"]["app"],
        schema=data.get("schema", {}).get("version"),
        backup=data.get("backup", ""),
        deferred=data.get("deferred", False),
        promoted_at=data.get("promotedAt", ""),
    )
