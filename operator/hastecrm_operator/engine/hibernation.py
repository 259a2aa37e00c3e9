"""Falling asleep and waking up: who may run, and what is said meanwhile. Pure.

The application goes first and comes last: pods that lose their database would only fail and be restarted.
"""

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Overall
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import JobResult, PodState, Rollout
from hastecrm_operator.engine.kinds import DEPLOYMENT, JOB, POD, STATEFUL_SET
from hastecrm_operator.engine.observe import TIERS, Observation
from hastecrm_operator.engine.verdict import Verdict, no, yes

_REASON = Overall.HIBERNATED


def tiers_sleep(crm: HasteCRM, children: Children) -> bool:
    """Return whether no application pod should run: asked to sleep, or the database is not awake yet."""
    return crm.spec.hibernated or (_nobody_runs(crm, children) and not _database_is_awake(crm, children))


def stores_sleep(crm: HasteCRM, children: Children) -> bool:
    """Return whether no store should run: asked to sleep, and nobody is left who would miss them."""
    return crm.spec.hibernated and _nobody_runs(crm, children) and not _uses_stores(Key.of(crm), children)


def sleep_verdicts(crm: HasteCRM, seen: Observation) -> dict[str, Verdict]:
    """Return the conditions that sleep decides; of an object that is to be awake, only that it is."""
    if not crm.spec.hibernated:
        return {types.HIBERNATED: no(Overall.NOT_REQUESTED)}
    moving = _awake(seen)
    if moving and crm.spec.paused:
        return {types.HIBERNATED: no(Overall.PAUSED, "spec.paused is true: nobody is sent to sleep")}
    if moving:
        asleep = no(Overall.FALLING_ASLEEP, f"pods still run or are ending: {', '.join(moving)}")
    else:
        asleep = yes(Overall.REQUESTED, "no pod runs, all data is kept; spec.hibernated: false wakes it up")
    stores = {types.DATABASE_READY: seen.postgres or seen.cluster, types.CACHE_READY: seen.redis}
    down = no(_REASON, "spec.hibernated is true")
    return {
        **{condition: down for condition, store in stores.items() if store},
        types.AVAILABLE: down,
        types.PROGRESSING: yes(asleep.reason, asleep.message) if moving else no(Overall.COMPLETE),
        types.HIBERNATED: asleep,
        types.READY: no(_REASON, asleep.message),
        types.RECONCILING: yes(asleep.reason, asleep.message) if moving else no(Overall.DONE),
    }


def _awake(seen: Observation) -> list[str]:
    parts = {**seen.tiers, names.POSTGRES: seen.postgres, names.REDIS: seen.redis}
    return [
        name for name, part in parts.items() if part and (part.desired or part.total or not part.observed)
    ]


def _nobody_runs(crm: HasteCRM, children: Children) -> bool:
    tiers = (
        children.get(DEPLOYMENT, crm.metadata.namespace, names.child(crm.metadata.name, t)) for t in TIERS
    )
    return all(tier is None or (isinstance(tier.facts, Rollout) and not tier.facts.desired) for tier in tiers)


def _uses_stores(key: Key, children: Children) -> bool:
    # A pod that is ending still works off its requests.
    pods = (pod.facts for pod in children.of(key, POD))
    jobs = (job.facts for job in children.of(key, JOB))
    serving = any(isinstance(pod, PodState) and pod.component in TIERS for pod in pods)
    return serving or any(isinstance(job, JobResult) and job.running for job in jobs)


def _database_is_awake(crm: HasteCRM, children: Children) -> bool:
    if crm.spec.database.managed is None:
        return True
    name = names.child(crm.metadata.name, names.POSTGRES)
    server = children.get(STATEFUL_SET, crm.metadata.namespace, name)
    return server is not None and isinstance(server.facts, Rollout) and server.facts.ready > 0
