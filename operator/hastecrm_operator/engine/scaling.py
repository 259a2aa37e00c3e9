"""Who decides how many pods a Deployment has changes hands without a pod being lost or two hands at once.

A field that nobody else owns falls back to its default when we leave it out: one pod, under the load that
called for autoscaling. So another field manager of ours holds the number until the autoscaler writes its own.
"""

from collections.abc import Sequence

from hastecrm_operator.api.names import COMPONENT, HANDOVER_MANAGER
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.application import tiers
from hastecrm_operator.resources.manifest import Manifest


async def settle_scaling(scope: Scope, deployments: Sequence[Manifest]) -> None:
    """Prepare the next write of Deployments, where it gives the number of pods away or takes it back."""
    for manifest in deployments:
        if "replicas" in manifest["spec"]:
            await _retire_autoscaler(scope, manifest["metadata"]["name"])
        else:
            await _hand_over(scope, manifest)


async def _retire_autoscaler(scope: Scope, name: str) -> None:
    record = scope.children.get(HORIZONTAL_POD_AUTOSCALER, scope.key.namespace, name)
    if record and record.owned:
        await scope.applier.remove(HORIZONTAL_POD_AUTOSCALER, scope.keep(record))


async def _hand_over(scope: Scope, manifest: Manifest) -> None:
    meta = manifest["metadata"]
    record = scope.children.get(DEPLOYMENT, scope.key.namespace, meta["name"])
    if record and isinstance(record.facts, Rollout) and record.facts.scaled_by_us:
        held = {
            "apiVersion": manifest["apiVersion"],
            "kind": manifest["kind"],
            "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": record.uid},
            # An autoscaler leaves a Deployment without pods alone, which is what hibernation has made of it.
            "spec": {"replicas": record.facts.desired or _least(scope, meta["labels"][COMPONENT])},
        }
        await scope.applier.hold(held, HANDOVER_MANAGER)


def _least(scope: Scope, tier: str) -> int:
    autoscaling = tiers(scope.crm)[tier].autoscaling
    return autoscaling.min_replicas if autoscaling else 1
