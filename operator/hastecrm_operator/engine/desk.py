"""Answers backup and restore objects: their status and our finalizer; makes those of dumps that have none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hastecrm_operator.engine.cluster import Writer
from hastecrm_operator.engine.errors import ConflictError, NotFoundError
from hastecrm_operator.engine.finalizer import settle
from hastecrm_operator.engine.kinds import Kind, kind_of
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.resources.manifest import Manifest


@dataclass(frozen=True)
class Desk:
    """The one writer of these objects."""

    cluster: Writer
    requests: Requests

    async def answer(self, body: Body, status: Mapping[str, Any]) -> None:
        """Write the whole status of exactly this object, by no request if it says so already."""
        if dict(status) == body.get("status", {}):
            return
        meta = {key: body["metadata"][key] for key in ("name", "namespace", "uid")}
        answered = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": meta}
        try:
            stored = await self.cluster.apply({**answered, "status": dict(status)}, subresource="status")
        except NotFoundError:
            return  # Deleted meanwhile: nobody is left to be told.
        self.requests.put(_kind(body), stored, quietly=True)

    async def create(self, manifest: Manifest) -> Body | None:
        """Make an object; return it, or None if there is one of that name already."""
        try:
            return await self.cluster.create(manifest)
        except ConflictError:
            return None

    async def hold(self, body: Body, finalizer: str, *, wanted: bool) -> None:
        """Put a finalizer of ours on exactly this object or take it away; ConflictError: try again."""
        await settle(self.cluster, _kind(body), body, finalizer, wanted=wanted)

    async def remove(self, body: Body) -> None:
        """Delete exactly this object."""
        await self.cluster.delete(_kind(body), *_identity(body), uid=body["metadata"]["uid"])


def _kind(body: Body) -> Kind:
    return kind_of({"apiVersion": body["apiVersion"], "kind": body["kind"]})


def _identity(body: Body) -> tuple[str, str]:
    return body["metadata"]["namespace"], body["metadata"]["name"]
