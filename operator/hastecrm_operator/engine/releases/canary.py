"""How a canary goes on: some pods of the API run the release before all do, step by step. Pure."""

from datetime import datetime, timedelta

from hastecrm_operator.api import names
from hastecrm_operator.api.durations import seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.status import CanaryStatus
from hastecrm_operator.engine.children import Children
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.kinds import DEPLOYMENT
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.releases.target import tier_targets
from hastecrm_operator.resources.canary import canary_name
from hastecrm_operator.resources.pod_numbers import canary_pods
from hastecrm_operator.resources.rendering import Images


def next_step(at: CanaryStatus, steps: int, pause: timedelta, now: datetime) -> CanaryStatus | None:
    """Return where a canary stands whose pods are good at `now`; None after its last step."""
    if at.passed_at is None:
        return CanaryStatus(step=at.step, passed_at=text(now))
    if now < datetime.fromisoformat(at.passed_at) + pause:
        return at
    return CanaryStatus(step=at.step + 1) if at.step < steps else None


def pause_of(crm: HasteCRM) -> timedelta:
    """Return the time between two steps."""
    asked = crm.spec.release.canary
    return timedelta(seconds=seconds(asked.pause)) if asked else timedelta()


def pause_ends(crm: HasteCRM, at: CanaryStatus) -> datetime | None:
    """Return when the next step begins; None where the pods of this one are not found good yet."""
    return datetime.fromisoformat(at.passed_at) + pause_of(crm) if at.passed_at else None


def steps_between(before: HasteCRM, wanted: HasteCRM) -> int:
    """Return how many steps lead from one release to another whose API differs.

    There is none where its pods would write to another database or cache than those that all others read.
    """
    asked, old, new = wanted.spec.release.canary, before.spec, wanted.spec
    same_stores = (old.database.external, old.redis.external) == (new.database.external, new.redis.external)
    return len(asked.steps) if asked and same_stores and canary_pods(wanted, 1) else 0


def is_canary_ready(crm: HasteCRM, images: Images, at: CanaryStatus, children: Children) -> bool:
    """Whether all pods of a step run the release that the object asks for, and are ready."""
    record = children.get(DEPLOYMENT, crm.metadata.namespace, canary_name(crm))
    if record is None or not isinstance(record.facts, Rollout) or record.deleting:
        return False
    live, target = record.facts, tier_targets(crm, images)[names.API]
    return live.complete and (live.release, live.desired) == (target, canary_pods(crm, at.step))


def step_told(crm: HasteCRM, at: CanaryStatus) -> str:
    """Return what a step is, as a phrase."""
    asked, pods = crm.spec.release.canary, canary_pods(crm, at.step)
    of = f" of {len(asked.steps)}" if asked else ""
    return f"canary step {at.step}{of}: {pods} {'pod' if pods == 1 else 'pods'} beside those of the API"
