"""What is seen of one object's children, as values. Pure: the children in, an observation out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.api.components import Tier
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import child
from hastecrm_operator.api.status import Blocker, SchemaStatus
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.claims import ClaimState
from hastecrm_operator.engine.cloud_native_pg import ClusterState
from hastecrm_operator.engine.connection_reports import Report, reports
from hastecrm_operator.engine.credentials import Credentials, credentials
from hastecrm_operator.engine.exposure import Exposure, IngressState, RouteState
from hastecrm_operator.engine.facts import PodState, Rollout
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import (
    CLAIM,
    CNPG_CLUSTER,
    DEPLOYMENT,
    HTTP_ROUTE,
    INGRESS,
    POD,
    STATEFUL_SET,
    Kind,
)
from hastecrm_operator.engine.restores.work import Work
from hastecrm_operator.resources.cloud_native_pg import cluster_name
from hastecrm_operator.resources.volumes import claim_name

_STORES = (names.POSTGRES, names.REDIS)
TIERS = names.TIERS


@dataclass(frozen=True)
class Observation:
    """Where the parts of one object stand; a missing part counts as not there."""

    tiers: dict[str, Rollout]
    postgres: Rollout | None
    redis: Rollout | None
    migrated: bool
    schema: SchemaStatus | None
    blocking: tuple[Blocker, ...]
    connections: dict[str, Report]
    volumes: dict[str, ClaimState]
    """The claims of the managed stores, by component."""
    cluster: ClusterState | None = None
    """The database that CloudNativePG runs."""
    exposure: Exposure | None = None
    credentials: Credentials | None = None
    floors: Mapping[str, int] = field(default_factory=dict)
    """The fewest pods of each tier whose number an autoscaler decides."""

    @property
    def moving(self) -> list[str]:
        """Return the components whose pods are not all current and ready."""
        stores = {"postgres": self.postgres, "redis": self.redis}
        parts = {**self.tiers, **{name: store for name, store in stores.items() if store}}
        return [name for name, rollout in parts.items() if not self._is_settled(name, rollout)]

    def _is_settled(self, name: str, rollout: Rollout) -> bool:
        # Pods that an autoscaler has just asked for are no unrest: it asks for some all day.
        return rollout.complete or (name in self.floors and rollout.serves_with(self.floors[name]))


def observe(
    crm: HasteCRM, children: Children, now: datetime, blocking: tuple[Blocker, ...] = ()
) -> Observation:
    """Return what the operator's memory says about the children of `crm` at `now`."""
    key = Key.of(crm)

    def rollout(kind: Kind, suffix: str) -> Rollout | None:
        record = children.get(kind, key.namespace, child(key.name, suffix))
        return record.facts if record and isinstance(record.facts, Rollout) else None

    wanted = {"api": crm.spec.api, "web": crm.spec.web, "worker": crm.spec.worker}
    return Observation(
        tiers={t: rollout(DEPLOYMENT, t) or _missing(crm, wanted[t]) for t in TIERS},
        postgres=rollout(STATEFUL_SET, "postgres"),
        redis=rollout(STATEFUL_SET, "redis"),
        migrated=bool(_migrations(key, children)),
        schema=known_schema(key, children),
        blocking=blocking,
        exposure=_exposure(crm, children),
        connections=reports(crm, children),
        credentials=credentials(crm, children, now),
        volumes=_volumes(crm, children),
        cluster=_cluster(crm, children),
        floors={t: spec.autoscaling.min_replicas for t, spec in wanted.items() if spec.autoscaling},
    )


def _exposure(crm: HasteCRM, children: Children) -> Exposure | None:
    kind = HTTP_ROUTE if crm.spec.access and crm.spec.access.gateway else INGRESS
    record = children.get(kind, crm.metadata.namespace, crm.metadata.name)
    return record.facts if record and isinstance(record.facts, IngressState | RouteState) else None


def _missing(crm: HasteCRM, tier: Tier) -> Rollout:
    if crm.spec.hibernated:
        return Rollout(observed=True)
    return Rollout(desired=tier.autoscaling.min_replicas if tier.autoscaling else tier.replicas)


def _cluster(crm: HasteCRM, children: Children) -> ClusterState | None:
    known = children.get(CNPG_CLUSTER, crm.metadata.namespace, cluster_name(crm))
    return known.facts if known and isinstance(known.facts, ClusterState) else None


def _volumes(crm: HasteCRM, children: Children) -> dict[str, ClaimState]:
    claims = {s: children.get(CLAIM, crm.metadata.namespace, claim_name(crm, s)) for s in _STORES}
    return {s: c.facts for s, c in claims.items() if c and isinstance(c.facts, ClaimState)}


def _migrations(key: Key, children: Children) -> set[str]:
    migrations = tuple(child(key.name, f"{which}-") for which in (names.MIGRATE, names.CONTRACT))
    return {job for job in succeeded_jobs(key, children) if job.startswith(migrations)}


def _swaps(key: Key, children: Children) -> set[str]:
    restores, swaps = child(key.name, f"{names.RESTORE}-"), (f"-{Work.SWAP}", f"-{Work.UNDO}")
    done = succeeded_jobs(key, children)
    return {job for job in done if job.startswith(restores) and job.endswith(swaps)}


def schema_teller(key: Key, children: Children) -> PodState | None:
    """Return the pod of the latest migration or restore that succeeded; None if none is heard."""
    finished = _migrations(key, children) | _swaps(key, children)
    pods = (pod.facts for pod in children.of(key, POD))
    reports = [p for p in pods if isinstance(p, PodState) and p.job in finished and p.report]
    return max(reports, key=lambda p: p.since, default=None)


def known_schema(key: Key, children: Children) -> SchemaStatus | None:
    """Return the schema as it was told last; None if nobody has told it, or not in our words."""
    teller = schema_teller(key, children)
    return _parse_report(teller.report) if teller else None


def _parse_report(report: str) -> SchemaStatus | None:
    try:
        body = orjson.loads(report)
        return SchemaStatus(version=body["version"], compatible_from=body["compatibleFrom"])
    except (ValueError, KeyError, TypeError):
        return None  # Not one of our images; the schema stays unknown rather than wrong.
