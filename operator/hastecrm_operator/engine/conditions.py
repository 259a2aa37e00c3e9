"""Folds what was seen and what failed into conditions. The only place that decides them; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.quantities import amount
from hastecrm_operator.api.reasons import Migrations, Monitoring, Overall, Rollouts, Stores
from hastecrm_operator.api.status import PendingRollout
from hastecrm_operator.engine.backups.health import backup_healthy, backup_verified
from hastecrm_operator.engine.backups.standing import Standing
from hastecrm_operator.engine.claims import ClaimState
from hastecrm_operator.engine.credentials import credentials_verdict
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.exposure import access_verdict
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.hibernation import sleep_verdicts
from hastecrm_operator.engine.observe import Observation
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.telling import acceptance, progress, readiness
from hastecrm_operator.engine.verdict import Verdict, no, unknown, yes


@dataclass(frozen=True)
class Findings:
    """All that conditions are made of."""

    crm: HasteCRM
    seen: Observation
    failures: Sequence[ReconcileError]
    backups: Standing
    now: datetime
    course: Course
    pending: PendingRollout | None = None
    blind: bool = False
    """Whether a kind that every cluster has cannot be watched: what is not seen may well be there."""

    def failure(self, condition: str) -> ReconcileError | None:
        """Return why a step could not make this condition True, if one said so."""
        return next((f for f in self.failures if f.condition == condition), None)


def verdicts(found: Findings) -> dict[str, Verdict]:
    """Return every condition by its type; equal findings give equal verdicts."""
    made = {condition: _judged(found, condition, judge) for condition, judge in _JUDGES.items()}
    made |= _of_what_is_asked_for(found)
    made[types.READY] = ready = _failed(found, types.READY) or _ready(found, made)
    stalled = next((f for f in found.failures if f.stalled), None) or readiness(found.course)
    made[types.STALLED] = yes(stalled.reason, stalled.message) if stalled else no(Overall.NOT_STALLED)
    working = ready.status != "True" and not stalled and not found.crm.spec.paused
    made[types.RECONCILING] = yes(ready.reason, ready.message) if working else no(Overall.DONE)
    slept = sleep_verdicts(found.crm, found.seen)
    return made | {c: verdict for c, verdict in slept.items() if not found.failure(c)}


def _judged(found: Findings, condition: str, judge: Callable[[Findings], Verdict]) -> Verdict:
    verdict = _failed(found, condition) or judge(found)
    if found.blind and condition in _BY_SIGHT and verdict.status != "True":
        return unknown(Overall.NOT_WATCHED, "the operator may not see all that belongs to it; see Ready")
    return verdict


def _of_what_is_asked_for(found: Findings) -> dict[str, Verdict]:
    """Return the conditions that only objects have that ask for something."""
    judged = {
        types.ACCESS_READY: access_verdict(found.crm, found.seen.exposure),
        types.MONITORING_READY: _monitoring(found),
        types.BACKUP_HEALTHY: backup_healthy(found.crm, found.backups, found.now),
        types.BACKUP_VERIFIED: backup_verified(found.crm, found.backups, found.now),
    }
    return {c: _failed(found, c) or verdict for c, verdict in judged.items() if verdict}


def _monitoring(found: Findings) -> Verdict | None:
    asked = found.crm.spec.monitoring
    if not (asked.pod_monitor or asked.alerts or asked.dashboard):
        return None
    if found.crm.spec.paused:
        return unknown(Overall.PAUSED, "nothing is made while spec.paused is true")
    message = (
        "everything that spec.monitoring asks for is made; whether Prometheus selects it, see its selectors"
    )
    return yes(Monitoring.MADE, message)


def _failed(found: Findings, condition: str) -> Verdict | None:
    failure = found.failure(condition)
    return no(failure.reason, failure.message) if failure else None


def _database(found: Findings) -> Verdict:
    database = found.crm.spec.database
    if database.external:
        return _external(found, names.DATABASE)
    if database.managed:
        return _store("PostgreSQL", found.seen.postgres, found.seen.volumes.get(names.POSTGRES))
    cluster = found.seen.cluster
    if cluster and cluster.serves:
        return yes(Stores.CLUSTER_SERVES, cluster.words)
    return no(Stores.CLUSTER_NOT_READY, cluster.words if cluster else "there is no Cluster yet")


def _cache(found: Findings) -> Verdict:
    if found.crm.spec.redis.external is None:
        return _store("Redis", found.seen.redis, found.seen.volumes.get(names.REDIS))
    return _external(found, names.REDIS)


def _external(found: Findings, store: str) -> Verdict:
    report = found.seen.connections.get(store)
    if report:
        return Verdict("True" if report.ok else "False", report.reason, report.message)
    if found.crm.spec.paused or found.crm.spec.hibernated:
        why = "nothing is checked while spec.paused or spec.hibernated is true"
        return unknown(Stores.NOT_CHECKED_YET, why)
    return yes(Stores.CONNECTED, "the connection check has succeeded")


def _store(name: str, rollout: Rollout | None, claim: ClaimState | None) -> Verdict:
    if rollout and rollout.ready:
        return yes(Stores.POD_READY, f"{name} accepts connections{_growth(claim)}")
    return no(Stores.STARTING, f"{name} is not ready yet")


def _growth(claim: ClaimState | None) -> str:
    if claim is None or not claim.capacity or amount(claim.capacity) >= amount(claim.requested):
        return ""
    said = f" ({claim.resizing})" if claim.resizing else ""
    return f"; its volume grows from {claim.capacity} to {claim.requested}{said}"


def _migrated(found: Findings) -> Verdict:
    if not found.seen.migrated:
        return no(Migrations.NOT_MIGRATED, "no migration has finished yet")
    schema = found.seen.schema
    message = f"the schema is at version {schema.version}" if schema else "the schema is current"
    return yes(Migrations.SCHEMA_CURRENT, message)


def _available(found: Findings) -> Verdict:
    down = [name for name, tier in found.seen.tiers.items() if tier.desired and not tier.ready]
    if down:
        return no(Overall.TIER_DOWN, f"no ready pod: {', '.join(down)}")
    return yes(Overall.EVERY_TIER_SERVES, "every tier has a ready pod")


def _progressing(found: Findings) -> Verdict:
    moving = found.seen.moving
    if moving and not found.seen.blocking:
        return yes(Overall.ROLLING_OUT, f"pods are not all current and ready: {', '.join(moving)}")
    return no(Overall.BLOCKED if moving else Overall.COMPLETE)


def _degraded(found: Findings) -> Verdict:
    if found.seen.blocking:
        first = found.seen.blocking[0]
        return yes(first.reason, "; ".join(filter(None, (f"{first.object}: {first.message}", first.fix))))
    # Who only lacks a Prometheus or a backup is served in full.
    failures = (f for f in found.failures if f.condition not in _BESIDE)
    failure = next((f for f in failures if f.stalled or f.retry_after), None)
    return yes(failure.reason, failure.message) if failure else no(Overall.AS_EXPECTED)


def _paused(found: Findings) -> Verdict:
    if found.crm.spec.paused:
        return yes(Overall.REQUESTED, "spec.paused is true: the operator looks, reports and changes nothing")
    return no(Overall.NOT_REQUESTED)


def _pending_rollout(found: Findings) -> Verdict:
    waits = found.pending
    return yes(waits.reason, waits.message) if waits else no(Rollouts.NOTHING_WAITS)


def _credentials(found: Findings) -> Verdict:
    return credentials_verdict(found.crm, found.seen.credentials)


def _ready(found: Findings, made: dict[str, Verdict]) -> Verdict:
    if taken_back := readiness(found.course):
        return taken_back
    if made[types.DEGRADED].status == "True":
        return no(made[types.DEGRADED].reason, made[types.DEGRADED].message)
    for condition in _NEEDED:
        if condition in made and made[condition].status == "False":
            return no(made[condition].reason, made[condition].message)
    if under_way := progress(found.course):
        return under_way
    if found.seen.moving:
        return no(made[types.PROGRESSING].reason, made[types.PROGRESSING].message)
    return yes(Overall.EVERYTHING_READY, "all components are ready")


_BESIDE = {types.MONITORING_READY, types.BACKUP_HEALTHY, types.BACKUP_VERIFIED}
_BY_SIGHT = {types.DATABASE_READY, types.CACHE_READY, types.MIGRATED, types.AVAILABLE}
_NEEDED = (types.DATABASE_READY, types.CACHE_READY, types.MIGRATED, types.AVAILABLE, types.ACCESS_READY)
_JUDGES: dict[str, Callable[[Findings], Verdict]] = {
    types.DATABASE_READY: _database,
    types.CACHE_READY: _cache,
    types.MIGRATED: _migrated,
    types.AVAILABLE: _available,
    types.PROGRESSING: _progressing,
    types.DEGRADED: _degraded,
    types.PAUSED: _paused,
    types.PENDING_ROLLOUT: _pending_rollout,
    types.CREDENTIALS_CURRENT: _credentials,
    types.RELEASE_ACCEPTED: lambda found: acceptance(found.course),
}
