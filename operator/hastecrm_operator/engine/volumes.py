"""Lets the volume of a managed store grow: its claim first, then the StatefulSet that made the claim.

A StatefulSet cannot change what it claims, so it is made again around its pod, which runs on.
"""

from dataclasses import dataclass

from hastecrm_operator.api.quantities import amount
from hastecrm_operator.api.reasons import Volumes
from hastecrm_operator.api.storage import Storage
from hastecrm_operator.engine.claims import ClaimState
from hastecrm_operator.engine.errors import Imperfect, NotFoundError, RejectedError, Waiting
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.kinds import CLAIM, STATEFUL_SET, STORAGE_CLASS
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.volumes import claim_name, claim_of_size, with_volume_size

_LOOK_AGAIN = 30.0  # seconds; StorageClasses are not watched
_SOON = 1.0


@dataclass(frozen=True)
class Store:
    """A managed store: the component, its field in the spec, the volume, and the condition about it."""

    component: str
    field: str
    storage: Storage
    condition: str


async def apply_store(scope: Scope, store: Store, manifests: list[Manifest]) -> None:
    """Make a store so; raises Imperfect if its volume should grow and cannot."""
    workload = next(m for m in manifests if m["kind"] == STATEFUL_SET.name)
    others = [m for m in manifests if m is not workload]
    trouble = await _grow_claim(scope, store)
    await scope.ensure(*others, await _fitting(scope, store, workload, grown=trouble is None))
    if trouble:
        raise trouble


async def _grow_claim(scope: Scope, store: Store) -> Imperfect | None:
    claim = scope.children.get(CLAIM, scope.key.namespace, claim_name(scope.crm, store.component))
    state = claim.facts if claim and isinstance(claim.facts, ClaimState) else ClaimState()
    # A volume never shrinks: one that was taken over, or that a person let grow, stays as it is.
    if not state.requested or amount(state.requested) >= amount(store.storage.size):
        return None
    if not await _may_grow(scope, state.storage_class):
        return _refused(store, state, _way_out(state.storage_class))
    try:
        await scope.ensure(claim_of_size(scope.crm, store.component, store.storage))
    except RejectedError as exc:
        return _refused(store, state, f"the API server refused: {exc.message}")
    return None


async def _may_grow(scope: Scope, storage_class: str) -> bool:
    if not storage_class:
        return False
    try:
        live = await scope.reader.get(STORAGE_CLASS, "", storage_class)
    except NotFoundError:
        return False
    return bool(live.get("allowVolumeExpansion"))


async def _fitting(scope: Scope, store: Store, workload: Manifest, *, grown: bool) -> Manifest:
    record = scope.child(STATEFUL_SET, store.component)
    claimed = record.facts.storage if record and isinstance(record.facts, Rollout) else ""
    if record is None or not claimed or claimed == store.storage.size:
        return workload
    if not grown or scope.rollouts.waits(workload):
        # To make it again now would replace its pod as well.
        return with_volume_size(workload, claimed)
    await scope.applier.remove(STATEFUL_SET, record, orphan=True)
    name = record.id.name
    raise Waiting(
        store.condition,
        Volumes.VOLUME_GROWING,
        f"StatefulSet {name} is made again around its running pod, to claim {store.storage.size}",
        retry_after=_SOON,
    )


def _refused(store: Store, claim: ClaimState, why: str) -> Imperfect:
    wish = f"{store.field}.storage.size asks for {store.storage.size} and the volume has {claim.requested}"
    message = f"{wish}: {why}. Everything runs on meanwhile"
    return Imperfect(store.condition, Volumes.VOLUME_NOT_EXPANDABLE, message, retry_after=_LOOK_AGAIN)


def _way_out(storage_class: str) -> str:
    move = "move the data to a new HasteCRM"
    if not storage_class:
        return f"it has no StorageClass, so it cannot grow; {move}"
    patch = f"kubectl patch storageclass {storage_class} -p '{{\"allowVolumeExpansion\": true}}'"
    return f"its StorageClass does not let volumes grow; run `{patch}` if its driver can, else {move}"
