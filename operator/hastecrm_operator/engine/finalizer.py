"""Our finalizer on HasteCRM objects: there only while `deletionPolicy: BackupThenDelete` needs it.

An object that nobody has to do anything for can be deleted while no operator runs.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from hastecrm_operator.api.names import FINAL_BACKUP
from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.cluster import JSON, Writer
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM, Kind
from hastecrm_operator.engine.objects import Body, key_of


class Lister(Writer, Protocol):
    """Changes objects, and lists them."""

    def list_pages(self, kind: Kind, selector: str, namespace: str) -> AsyncIterator[tuple[list[JSON], int]]:
        """Yield pages of objects with the list's resource version."""


def is_held(body: Body) -> bool:
    """Whether our finalizer keeps this object."""
    return FINAL_BACKUP in body["metadata"].get("finalizers", ())


async def settle_finalizer(cluster: Writer, body: Body, *, wanted: bool) -> None:
    """Put our finalizer on exactly this object or take it away; raises ConflictError if others write."""
    if is_held(body) == wanted:
        return
    try:
        live = await cluster.get(HASTECRM, *key_of(body))
    except NotFoundError:
        return
    meta = live["metadata"]
    if meta["uid"] == body["metadata"]["uid"]:
        others = [name for name in meta.get("finalizers", ()) if name != FINAL_BACKUP]
        finalizers = [*others, FINAL_BACKUP] if wanted else others
        await cluster.replace({**live, "metadata": {**meta, "finalizers": finalizers}})


async def release_all(cluster: Lister, namespaces: tuple[str, ...]) -> list[Key]:
    """Take our finalizer from every object, so that nothing waits for an operator; return whose it was."""
    released = []
    for namespace in namespaces or ("",):
        async for page, _ in cluster.list_pages(HASTECRM, "", namespace):
            for body in filter(is_held, page):
                await settle_finalizer(cluster, body, wanted=False)
                released.append(key_of(body))
    return released
