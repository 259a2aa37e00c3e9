"""What the engine asks of the outside; `adapters` keeps the promise, and the tests' fake does too."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

from hastecrm_operator.api import names
from hastecrm_operator.engine.kinds import Kind

JSON = Mapping[str, Any]
Manifest = dict[str, Any]
"""As `resources` makes them; not taken from there, as a client of the API needs no model of our objects."""


class Reader(Protocol):
    """Reads single objects."""

    async def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return one object; raises NotFoundError and the other API errors."""

    async def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        """Return the last lines that a container wrote, or the one before it; raises the API errors."""


class Writer(Reader, Protocol):
    """Changes objects; every method raises the API errors of `engine.errors`."""

    async def apply(self, manifest: Manifest, *, subresource: str = "", manager: str = names.MANAGER) -> JSON:
        """Apply server-side as a field manager, taking over contested fields; return what is stored."""

    async def create(self, manifest: Manifest) -> JSON:
        """Create an object; raises ConflictError when it exists."""

    async def replace(self, manifest: Manifest) -> JSON:
        """Replace an object; raises ConflictError when its resource version is not the newest."""

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str, orphan: bool = False) -> None:
        """Delete exactly this object and what it owns, which `orphan` leaves; one that is gone is fine."""


class Source(Protocol):
    """Feeds the informers."""

    def follow(
        self, kind: Kind, selector: str, namespace: str, version: int
    ) -> AsyncGenerator[tuple[str, JSON], None]:
        """Yield (event type, object) from `version` on; raises ExpiredError when it is too old.

        From version 0: first everything that exists, as ADDED, then once SYNCED with the version of that
        list in its metadata, then what changes. BOOKMARK comes about each minute, with the newest version;
        OPENED, with nothing, when the API server has begun to answer.
        """
