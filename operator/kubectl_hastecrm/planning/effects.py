"""What a change means for pods and people. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import COMPONENT, POSTGRES, REDIS, RETRY, WORKER
from hastecrm_operator.engine.kinds import DEPLOYMENT, STATEFUL_SET
from hastecrm_operator.engine.releases.rejection import attempt
from hastecrm_operator.engine.releases.target import target
from hastecrm_operator.engine.releases.verdict import UNTOUCHED
from hastecrm_operator.engine.windows import is_open, next_opening
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_numbers import canary_pods
from hastecrm_operator.resources.rendering import Images
from kubectl_hastecrm.planning.difference import Field, fields

CREATE: Final = "create"
UPDATE: Final = "update"
DELETE: Final = "delete"
_WORKLOADS: Final = {DEPLOYMENT.name, STATEFUL_SET.name}
_STORES: Final = {
    POSTGRES: "the database is away for some seconds: requests wait for it, long ones fail",
    REDIS: "the cache is away for some seconds: everything works, slower",
}


@dataclass(frozen=True)
class Change:
    """What becomes of one child."""

    action: str
    kind: str
    name: str
    fields: tuple[Field, ...] = ()
    component: str = ""
    pods: int = 0
    """Pods that are replaced."""


@dataclass(frozen=True)
class Plan:
    """What a file would do to one object."""

    name: str
    namespace: str
    action: str
    spec: tuple[Field, ...] = ()
    children: tuple[Change, ...] = ()
    downtime: tuple[str, ...] = ()
    """What people notice; nothing when they notice nothing."""
    notes: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    """What becomes of it as a release, if it is one."""
    image: tuple[str, str] | None = None
    """The application's image before and after, when it changes."""
    verdict: Mapping[str, Any] | None = None
    """What going back would mean, if the operator has found out."""
    migrations: Mapping[str, Any] | None = None
    """The report of `hastecrm migrate --plan`, if there is one for this image."""

    @property
    def changes(self) -> bool:
        """Whether anything would change."""
        return bool(self.action == CREATE or self.spec or self.children)


def change(old: Manifest | None, new: Manifest | None, pods: int = 0) -> Change | None:
    """Return what becomes of a child; None when it stays as it is."""
    live = new or old
    if live is None:
        return None
    meta = live["metadata"]
    component = meta.get("labels", {}).get(COMPONENT, "")
    if old is None or new is None:
        return Change(CREATE if old is None else DELETE, live["kind"], meta["name"], component=component)
    differing = tuple(fields(old, new))
    restarts = live["kind"] in _WORKLOADS and old["spec"].get("template") != new["spec"].get("template")
    if not differing:
        return None
    return Change(UPDATE, live["kind"], meta["name"], differing, component, pods if restarts else 0)


def downtime(crm: HasteCRM, before: HasteCRM | None, children: Sequence[Change]) -> tuple[str, ...]:
    """Return what people notice of a change."""
    if before is None:
        return ()
    if crm.spec.hibernated and not before.spec.hibernated:
        return ("hibernated: nobody can work until it is false again; data is kept",)
    restarted = [_STORES[c.component] for c in children if c.pods and c.component in _STORES]
    gone = [f"{c.kind} {c.name} goes" for c in children if c.action == DELETE and c.kind in _WORKLOADS]
    idle = [f"no {tier} pod runs any more" for tier in _emptied(crm, before)]
    return (*restarted, *gone, *idle)


def release(crm: HasteCRM, before: HasteCRM | None, images: tuple[Images, Images]) -> tuple[str, ...]:
    """Return how a change of the application's pods is proven; nothing for any other change."""
    if before is None or target(before, images[0]) == target(crm, images[1]):
        return ()
    checks = crm.spec.release.verify_
    how = "taken back by itself" if crm.spec.release.auto_rollback else "left to you"
    journey = " and a synthetic user tries them" if checks.journey else ""
    proof = f"a release: its pods are measured for {checks.window}{journey}; a bad one is {how}"
    migrates = images[0].app != images[1].app
    untouched = f"{UNTOUCHED.way}, {UNTOUCHED.reason}"
    way_back = f"the way back: {'told by its migrations, before pods change' if migrates else untouched}"
    return (proof, way_back, *_canary(crm))


def _canary(crm: HasteCRM) -> tuple[str, ...]:
    asked = crm.spec.release.canary
    pods = [canary_pods(crm, step + 1) for step in range(len(asked.steps))] if asked else []
    if asked is None or not any(pods):
        return ()
    steps = ", then ".join(map(str, pods))
    return (f"a canary, if pods of the API change: {steps} of them first, {asked.pause} after each step",)


def rejection(crm: HasteCRM, images: Images, release_status: Mapping[str, Any]) -> tuple[str, ...]:
    """Return that the same release was rejected before, if it was."""
    tried = attempt(target(crm, images), crm.metadata.annotations.get(RETRY, ""))
    known = (r for r in release_status.get("rejected") or () if r["hash"] == tried)
    return tuple(f"rejected at {r['at']}: {r['message']}; only `retry` tries it again" for r in known)


def _emptied(crm: HasteCRM, before: HasteCRM) -> list[str]:
    pairs = {
        "api": (before.spec.api, crm.spec.api),
        "web": (before.spec.web, crm.spec.web),
        WORKER: (before.spec.worker, crm.spec.worker),
    }
    return [tier for tier, (old, new) in pairs.items() if old.replicas and not new.replicas]


def notes(crm: HasteCRM, children: Sequence[Change], now: datetime) -> tuple[str, ...]:
    """Return what keeps the change from happening at once."""
    spec, found = crm.spec, []
    if spec.paused:
        found.append("paused: nothing of this happens until `resume`")
    if spec.rollback:
        number = spec.rollback.to_revision
        found.append(f"revision {number} runs, not the spec: this waits for `rollback --follow-spec`")
    windows, restarts = spec.maintenance_windows, any(c.pods for c in children)
    if restarts and windows and not is_open(windows, now):
        opening = next_opening(windows, now)
        found.append(f"pods wait for the maintenance window of {opening:%Y-%m-%d %H:%M} UTC, or `rollout`")
    return tuple(found)
