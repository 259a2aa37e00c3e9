"""Makes children so: writes only what differs, and remembers at once what was stored."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress

import structlog

from hastecrm_operator.engine.adoption import objection, taken_over
from hastecrm_operator.engine.children import Child, ChildID, Children, child
from hastecrm_operator.engine.cluster import JSON, Writer
from hastecrm_operator.engine.errors import ConflictError, NotFoundError, NotOursError, RejectedError
from hastecrm_operator.engine.kinds import SECRET, SERVICE, Kind, kind_of
from hastecrm_operator.engine.ownership import desired_hash, owned
from hastecrm_operator.resources.manifest import Manifest

log = structlog.get_logger()
_ADDRESSES_AT_ONCE = 5
_INVALID = 422
# An apply that names a version fails on an object of another version, and makes one that is missing.
# So nobody's Secret is overwritten, and none has to be read before.
_NEW = "1"

SecretChange = Callable[[JSON | None], Manifest]
"""From a live Secret, None if there is none, to the manifest that is to be stored, with all values."""


class Applier:
    """Applies manifests through `cluster`, comparing with and updating `children`."""

    def __init__(self, cluster: Writer, children: Children, generate: Callable[[], str]) -> None:
        self._cluster = cluster
        self._children = children
        self.generate = generate
        """Makes a secret value of 256 bits."""
        self._address_slots = asyncio.Semaphore(_ADDRESSES_AT_ONCE)
        self._stored_as: dict[ChildID, tuple[str, str]] = {}

    async def ensure_all(self, manifests: Sequence[Manifest]) -> list[Child]:
        """Make these children so, all at once; raises the first failure when all have been tried."""
        settled = [self._settled(manifest) for manifest in manifests]
        differing = [m for m, record in zip(manifests, settled, strict=True) if record is None]
        written = await asyncio.gather(*map(self.ensure, differing), return_exceptions=True)
        for result in written:
            if isinstance(result, BaseException):
                raise result
        return [record for record in (*settled, *written) if isinstance(record, Child)]

    async def ensure(self, manifest: Manifest) -> Child:
        """Make the live child match `manifest`, by no request at all if it does; return its record."""
        kind = kind_of(manifest)
        self._children.require_watchable(kind, manifest["metadata"]["namespace"])
        settled = self._settled(manifest)
        if settled:
            return settled
        async with self._turn(manifest):
            stored = await self._write(kind, manifest)
        wanted = desired_hash(manifest)
        if stored.owned != wanted:
            self._accept(stored, wanted)
        return stored

    async def ensure_present(self, manifest: Manifest) -> Child:
        """Make a Job so; of one that exists the pod template stays: it cannot be changed."""
        kind = kind_of(manifest)
        known, wanted = self._known(kind, manifest), desired_hash(manifest)
        if known and (known.deleting or self._matches(known, wanted)):
            return known
        stored = await self._write_job(kind, manifest, known)
        if stored.owned != wanted:
            self._accept(stored, wanted)
        return stored

    async def ensure_record(self, manifest: Manifest, data: Callable[[], JSON]) -> Child:
        """Make a record so, with `data` if it is new: those of one that exists can never be changed."""
        kind = kind_of(manifest)
        known = self._known(kind, manifest)
        if known and (known.deleting or self._matches(known, desired_hash(manifest))):
            return known
        if known is None:
            with suppress(ConflictError):  # One that lost the label by which we find it.
                new = _in_version({**manifest, "data": data()}, _NEW)
                return self._remember(kind, await self._cluster.apply(new))
        live = await self._cluster.get(kind, *_identity(manifest))
        _require_ours(manifest, live)
        return self._remember(kind, await self._cluster.apply({**manifest, "data": live["data"]}))

    async def ensure_secret(self, manifest: Manifest, change: SecretChange) -> Child:
        """Make a Secret what `manifest` says, whose data are names of keys; values come from `change`."""
        known = self._known(SECRET, manifest)
        if known and (known.deleting or known.owned == desired_hash(manifest)):
            return known
        if known is None:
            try:
                return await self._write_secret(change(None), _NEW)
            except ConflictError:
                log.info("a secret exists already", name=manifest["metadata"]["name"])
        return await self.change_secret(*_identity(manifest), change)

    async def change_secret(self, namespace: str, name: str, change: SecretChange) -> Child:
        """Store what `change` makes of the live Secret; raises ConflictError if it was written meanwhile."""
        live = await self._live(namespace, name)
        wanted = change(live)
        if live:
            _require_ours(wanted, live)
        return await self._write_secret(wanted, live["metadata"]["resourceVersion"] if live else _NEW)

    async def _write(self, kind: Kind, manifest: Manifest) -> Child:
        if self._children.get(kind, *_identity(manifest)):
            return self._remember(kind, await self._cluster.apply(manifest))
        try:
            return self._remember(kind, await self._cluster.apply(_in_version(manifest, _NEW)))
        except ConflictError:
            return await self._take_over(kind, manifest)

    async def _take_over(self, kind: Kind, manifest: Manifest) -> Child:
        """Make what somebody else has made ours; raises NotOursError where it must stay theirs."""
        live = await self._cluster.get(kind, *_identity(manifest))
        _require_ours(manifest, live)
        log.info("taking over", kind=kind.name, name=manifest["metadata"]["name"])
        return self._remember(kind, await self._cluster.apply(taken_over(manifest, live)))

    async def _write_secret(self, wanted: Manifest, version: str) -> Child:
        return self._remember(SECRET, await self._cluster.apply(_in_version(wanted, version)))

    async def _write_job(self, kind: Kind, manifest: Manifest, known: Child | None) -> Child:
        if known is None:
            with suppress(ConflictError):  # One that lost the label by which we find it: it has run already.
                return self._remember(kind, await self._cluster.apply(_in_version(manifest, _NEW)))
        live = await self._cluster.get(kind, *_identity(manifest))
        _require_ours(manifest, live)
        spec = {**manifest["spec"], "template": (owned(live) or live)["spec"]["template"]}
        try:
            return self._remember(kind, await self._cluster.apply({**manifest, "spec": spec}))
        except RejectedError as exc:
            if exc.status != _INVALID:
                raise
            log.warning("a job cannot be changed any more", name=live["metadata"]["name"], error=str(exc))
            return self._remember(kind, live)

    async def hold(self, part: Manifest, manager: str) -> None:
        """Let another field manager own a part of a live child, so that it stays when we leave it out."""
        self._remember(kind_of(part), await self._cluster.apply(part, manager=manager))

    async def remove(self, kind: Kind, record: Child, *, orphan: bool = False) -> None:
        """Delete a child that is no longer wanted; `orphan` leaves what it owns."""
        if not record.deleting:
            where = (kind, record.id.namespace, record.id.name)
            await self._cluster.delete(*where, uid=record.uid, orphan=orphan)

    def _known(self, kind: Kind, manifest: Manifest) -> Child | None:
        namespace, name = _identity(manifest)
        self._children.require_watchable(kind, namespace)
        return self._children.get(kind, namespace, name)

    def _settled(self, manifest: Manifest) -> Child | None:
        """Return the record of a child that needs no write."""
        known = self._children.get(kind_of(manifest), *_identity(manifest))
        if known and (known.deleting or self._matches(known, desired_hash(manifest))):
            return known
        return None

    def _turn(self, manifest: Manifest) -> AbstractAsyncContextManager[None]:
        # An address is handed out under a lock of the whole cluster: more at once make each take longer, and
        # would keep everything else waiting behind them.
        is_new = self._children.get(kind_of(manifest), *_identity(manifest)) is None
        return self._address_slots if is_new and _takes_address(manifest) else nullcontext()

    def _matches(self, known: Child, wanted: str) -> bool:
        return known.owned == wanted or self._stored_as.get(known.id) == (wanted, known.owned)

    def _accept(self, stored: Child, wanted: str) -> None:
        # The API server stores this manifest in another form. Without this note each look would write again.
        self._stored_as[stored.id] = (wanted, stored.owned)
        log.warning("stored in another form than written", kind=stored.id.kind, name=stored.id.name)

    def _remember(self, kind: Kind, live: JSON) -> Child:
        record = child(kind, live)
        self._children.wrote(record, asyncio.get_running_loop().time())
        return record

    async def _live(self, namespace: str, name: str) -> JSON | None:
        try:
            return await self._cluster.get(SECRET, namespace, name)
        except NotFoundError:
            return None


def _in_version(manifest: Manifest, version: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}


def _require_ours(manifest: Manifest, live: JSON) -> None:
    against = objection(manifest, live)
    if against:
        raise NotOursError(409, "NotOurs", against)


def _identity(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _takes_address(manifest: Manifest) -> bool:
    return bool(manifest["kind"] == SERVICE.name and manifest["spec"].get("clusterIP") != "None")
