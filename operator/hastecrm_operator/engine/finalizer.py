"""Our finalizers: on objects only while their deletion policy needs something done before they go.

An object that nobody has to do anything for can be deleted while no operator runs.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from hastecrm_operator.api.names import DUMP, FINAL_BACKUP
from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.cluster import JSON, Writer
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM, HASTECRM_BACKUP, Kind
from hastecrm_operator.engine.objects import Body, key_of

_OURS = ((HASTECRM, FINAL_BACKUP), (HASTECRM_BACKUP, DUMP))


class Lister(Writer, Protocol):
    """Changes objects, and lists them."""

    def list_pages(self, kind: Kind, selector: str, namespace: str) -> AsyncIterator[tuple[list[JSON], int]]:
        """Yield pages of objects with the list's resource version."""


def is_held(body: Body) -> bool:
    """Whether our finalizer keeps this object."""
    return FINAL_BACKUP in body["metadata"].get("finalizers", ())


async def settle_finalizer(cluster: Writer, body: Body, *, wanted: bool) -> None:
    """Put our finalizer on exactly this object or take it away; raises ConflictError if others write."""
    await settle(cluster, HASTECRM, body, FINAL_BACKUP, wanted=wanted)


async def settle(cluster: Writer, kind: Kind, body: Body, finalizer: str, *, wanted: bool) -> None:
    """Put a finalizer on exactly this object or take it away; raises ConflictError if others write."""
    if (finalizer in body["metadata"].get("finalizers", ())) == wanted:
        return
    try:
        live = await cluster.get(kind, *key_of(body))
    except NotFoundError:
        return
    meta = live["metadata"]
    if meta["uid"] == body["metadata"]["uid"]:
        others = [name for name in meta.get("finalizers", ()) if name != finalizer]
        finalizers = [*others, finalizer] if wanted else others
        await cluster.replace({**live, "metadata": {**meta, "finalizers": finalizers}})


async def release_all(cluster: Lister, namespaces: tuple[str, ...]) -> list[Key]:
    """Take our finalizers from every object, so that nothing waits for an operator; return of which."""
    released = []
    for namespace in namespaces or ("",):
        for kind, finalizer in _OURS:
            async for page, _ in cluster.list_pages(kind, "", namespace):
                for body in (b for b in page if finalizer in b["metadata"].get("finalizers", ())):
                    await settle(cluster, kind, body, finalizer, wanted=False)
                    released.append(key_of(body))
    return released
