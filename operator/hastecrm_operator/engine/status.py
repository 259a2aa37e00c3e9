"""The status that an object should carry, from findings, the status before, and `now`. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Deletions
from hastecrm_operator.api.status import Blocker, TierStatus
from hastecrm_operator.engine.backups.health import backup_status
from hastecrm_operator.engine.conditions import Findings, verdicts
from hastecrm_operator.engine.credentials import credentials_status
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.releases.telling import release_status
from hastecrm_operator.engine.verdict import Verdict
from hastecrm_operator.engine.verdict import stamped as stamped  # noqa: PLC0414 - part of a status
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.public_url import endpoint

Status = Mapping[str, Any]


def status_of(found: Findings, before: Status, now: datetime) -> dict[str, Any]:
    """Return the whole status; equal to `before` when nothing has changed."""
    made = verdicts(found)
    return {
        "observedGeneration": found.crm.metadata.generation,
        "phase": _phase(found, made),
        "endpoint": endpoint(found.crm),
        "selector": _selector(found.crm),
        **_version(found, before),
        **release_status(found.course),
        **{name: _tier(rollout) for name, rollout in found.seen.tiers.items()},
        **_pending(found),
        **credentials_status(found.seen.credentials),
        **backup_status(found.crm, found.backups, now),
        "blocking": [b.model_dump(by_alias=True, exclude_none=True) for b in found.seen.blocking],
        "conditions": [_condition(t, v, found.crm, before, now) for t, v in made.items()],
    }


def status_of_unreadable(body: Mapping[str, Any], error: ReconcileError, now: datetime) -> dict[str, Any]:
    """Return the status of an object whose spec cannot be read: what was known, and the reason."""
    before: Status = body.get("status") or {}
    generation = body["metadata"].get("generation", 0)
    ready = stamped(types.READY, Verdict("False", error.reason, error.message), generation, before, now)
    stalled = stamped(types.STALLED, Verdict("True", error.reason, error.message), generation, before, now)
    others = [c for c in before.get("conditions", ()) if c["type"] not in {types.READY, types.STALLED}]
    return {
        **before,
        "observedGeneration": generation,
        "phase": "Invalid",
        "conditions": [*others, ready, stalled],
    }


def status_of_deleted(body: Mapping[str, Any], message: str, now: datetime) -> dict[str, Any]:
    """Return the status of an object that waits for its last dump: what was known, and what it waits for."""
    before: Status = body.get("status") or {}
    generation = body["metadata"].get("generation", 0)
    ready = stamped(types.READY, Verdict("False", Deletions.DELETING, message), generation, before, now)
    others = [c for c in before.get("conditions", ()) if c["type"] != types.READY]
    return {**before, "observedGeneration": generation, "phase": "Deleting", "conditions": [*others, ready]}


def blockers_in(before: Status, crm: HasteCRM) -> tuple[Blocker, ...]:
    """Return what blocked at the last look, unless the spec has changed since."""
    if before.get("observedGeneration") != crm.metadata.generation:
        return ()
    return tuple(Blocker.model_validate(entry) for entry in before.get("blocking", ()))


def status_manifest(body: Mapping[str, Any], status: Status) -> Manifest:
    """Return what to apply to the status subresource of exactly this object."""
    meta = body["metadata"]
    identity = {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    return {
        "apiVersion": f"{names.GROUP}/{names.VERSION}",
        "kind": names.KIND,
        "metadata": identity,
        "status": dict(status),
    }


def _phase(found: Findings, made: Mapping[str, Verdict]) -> str:
    phases = (
        ("Paused", found.crm.spec.paused),
        ("Hibernated", made[types.HIBERNATED].status == "True"),
        ("Hibernating", found.crm.spec.hibernated),
        ("Ready", made[types.READY].status == "True"),
        *((phase, found.course.phase == phase) for phase in (Phase.ROLLED_BACK, Phase.FROZEN)),
        ("Failed", made[types.STALLED].status == "True"),
        ("Degraded", made[types.DEGRADED].status == "True"),
        (found.course.phase, found.course.is_under_way),
        ("Provisioning", made[types.DATABASE_READY].status == "False"),
        ("Migrating", made[types.MIGRATED].status == "False"),
    )
    return next((name for name, holds in phases if holds), "RollingOut")


def _version(found: Findings, before: Status) -> dict[str, Any]:
    """Return version and schema: the version is the one that fully runs, not the one that is wished for."""
    schema = found.seen.schema
    known = schema.model_dump(by_alias=True) if schema else before.get("schema")
    migrated = not any(f.condition == types.MIGRATED for f in found.failures)
    waits = (
        any(change.startswith("Deployment/") for change in found.pending.changes) if found.pending else False
    )
    complete = found.course.may_run and migrated and not waits and not found.seen.moving
    version = found.crm.spec.version if complete else before.get("version")
    return {key: value for key, value in (("version", version), ("schema", known)) if value}


def _pending(found: Findings) -> dict[str, Any]:
    waits = found.pending
    return (
        {"pendingRollout": waits.model_dump(mode="json", by_alias=True, exclude_none=True)} if waits else {}
    )


def _tier(rollout: Rollout) -> dict[str, Any]:
    tier = TierStatus(desired=rollout.desired, updated=rollout.updated, ready=rollout.ready)
    return tier.model_dump(by_alias=True)


def _selector(crm: HasteCRM) -> str:
    return f"{names.INSTANCE}={crm.metadata.name},{names.COMPONENT}=api"


def _condition(kind: str, verdict: Verdict, crm: HasteCRM, before: Status, now: datetime) -> dict[str, Any]:
    return stamped(kind, verdict, crm.metadata.generation, before, now)
