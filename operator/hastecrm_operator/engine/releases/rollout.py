"""Whether every tier fully runs a release. Pure."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import DEPLOYMENT
from hastecrm_operator.engine.releases.target import tier_targets
from hastecrm_operator.resources.application import tiers
from hastecrm_operator.resources.migration import migration_name
from hastecrm_operator.resources.rendering import Images
from hastecrm_operator.resources.revision import Revision, spec_hash


def is_rolled_out(crm: HasteCRM, images: Images, children: Children) -> bool:
    """Whether all wanted pods of every tier are ready and of its release, and no other is left.

    Pods from before there were releases carry no hash; they count where nobody has changed anything since.
    """
    targets, live = tier_targets(crm, images), live_tiers(crm, children)
    of_it = all(tier.release == targets[name] or _is_unchanged(crm, name, tier) for name, tier in live)
    return of_it and all(is_settled(crm, name, tier) for name, tier in live)


def is_installed(crm: HasteCRM, images: Images, children: Children) -> bool:
    """Whether an object of which nothing is recorded runs: migrated, and every tier complete."""
    key = Key.of(crm)
    is_migrated = migration_name(crm, images) in succeeded_jobs(key, children)
    return is_migrated and is_rolled_out(crm, images, children)


def _is_unchanged(crm: HasteCRM, name: str, tier: Rollout) -> bool:
    noted = Revision.parse(tier.revision)
    return not tier.release and noted is not None and noted.inputs.get("spec") == spec_hash(crm, name)


def is_settled(crm: HasteCRM, name: str, tier: Rollout) -> bool:
    """Whether a tier has its pods; those that an autoscaler has just asked for may still be on their way."""
    autoscaling = tiers(crm)[name].autoscaling
    return tier.complete or (autoscaling is not None and tier.serves_with(autoscaling.min_replicas))


def live_tiers(crm: HasteCRM, children: Children) -> list[tuple[str, Rollout]]:
    """Return what is known of each tier; of one that does not exist, that nothing is."""
    meta = crm.metadata
    known = {
        tier: children.get(DEPLOYMENT, meta.namespace, names.child(meta.name, tier)) for tier in names.TIERS
    }
    missing = Rollout(desired=1)
    return [
        (tier, record.facts if record and isinstance(record.facts, Rollout) else missing)
        for tier, record in known.items()
    ]
