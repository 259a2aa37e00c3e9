"""Lets changes of pods through, or holds them back while everything else of a workload goes on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.status import PendingRollout
from hastecrm_operator.engine.blocking import causes
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.cluster import JSON, Reader
from hastecrm_operator.engine.facts import JobResult, Rollout
from hastecrm_operator.engine.kinds import DEPLOYMENT, JOB, STATEFUL_SET, kind_of
from hastecrm_operator.engine.ownership import desired_rest, owned
from hastecrm_operator.engine.rollout_gate import Terms, Waiter, pending, reason_to_wait
from hastecrm_operator.engine.windows import is_open, next_opening
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.revision import Revision, fingerprint, revision_of, with_revision

_TIERS = (names.API, names.WEB, names.WORKER)


class Rollouts:
    """Decides for the workloads of one object during one reconcile."""

    def __init__(self, crm: HasteCRM, children: Children, reader: Reader, now: datetime) -> None:
        self._crm = crm
        self._children = children
        self._reader = reader
        self.now = now
        self._waiters: list[Waiter] = []
        self.urgent = False
        """Set by a step that was asked to replace pods now, or has begun what must be finished."""
        self.releasing = False
        """Whether a release has begun: the application's pods wait for no window then."""

    @property
    def pending(self) -> PendingRollout | None:
        """What has been held back so far."""
        return pending(self._crm.metadata.name, self._waiters, self._terms())

    def waits(self, workload: Manifest) -> bool:
        """Whether the pods of a workload must not be replaced now."""
        return bool(self._reason(workload))

    def hold_a_release(self) -> bool:
        """Whether a person's change of the application must wait for a maintenance window."""
        terms = self._terms()
        if not terms.windows or terms.window_open or terms.urgent or terms.troubled:
            return False
        asked = self._crm.metadata.annotations.get(names.ROLLOUT_ANNOTATION, "")
        key = Key.of(self._crm)
        live = (self._workloads(key)[f"Deployment/{names.child(key.name, tier)}"] for tier in _TIERS)
        running = [tier for tier in live if isinstance(tier, Rollout) and tier.desired]
        heard = (Revision.parse(tier.revision) or Revision("") for tier in running)
        return bool(running) and all(asked in {"", revision.rollout} for revision in heard)

    async def admit(self, manifest: Manifest, *, hold: bool = False) -> Manifest | None:
        """Return what may be applied now; None if nothing. `hold`: the pods stay as they are in any case."""
        if kind_of(manifest) not in {DEPLOYMENT, STATEFUL_SET}:
            return manifest
        record = self._record(manifest)
        reason = self._reason(manifest)
        if reason:
            self._waiters.append(Waiter(_name(manifest), reason))
        if not reason and not hold:
            return manifest
        return await self._with_live_pods(manifest, record, note=bool(reason)) if record else None

    def _reason(self, manifest: Manifest) -> str:
        record, wanted = self._record(manifest), Revision.parse(revision_of(manifest))
        if record is None or record.deleting or wanted is None or not isinstance(record.facts, Rollout):
            return ""
        terms = self._terms()
        if self.releasing and kind_of(manifest) is DEPLOYMENT:
            terms = replace(terms, windows=False)
        return reason_to_wait(_name(manifest), record.facts, wanted, terms)

    def _record(self, manifest: Manifest) -> Child | None:
        meta = manifest["metadata"]
        return self._children.get(kind_of(manifest), meta["namespace"], meta["name"])

    async def _with_live_pods(self, manifest: Manifest, record: Child, *, note: bool) -> Manifest | None:
        live = record.facts if isinstance(record.facts, Rollout) else Rollout()
        if live.rest == desired_rest(manifest) and (live.revision or not note):
            return None  # Only the pods differ: nothing has to be read to know that.
        body = await self._reader.get(kind_of(manifest), record.id.namespace, record.id.name)
        return with_live_pods(manifest, body, note=note)

    def _terms(self) -> Terms:
        windows = self._crm.spec.maintenance_windows
        return Terms(
            windows=bool(windows),
            window_open=bool(windows) and is_open(windows, self.now),
            next_window=next_opening(windows, self.now),
            troubled=self._troubled,
            urgent=self.urgent,
        )

    @cached_property
    def _troubled(self) -> frozenset[str]:
        key = Key.of(self._crm)
        down = {name for name, live in self._workloads(key).items() if _is_down(live)}
        blocked = {cause.object for cause in causes(key, self._children, self.now)}
        jobs = (job for job in self._children.of(key, JOB))
        failed = {f"Job/{j.id.name}" for j in jobs if isinstance(j.facts, JobResult) and j.facts.failed}
        return frozenset(down | blocked | failed)

    def _workloads(self, key: Key) -> Mapping[str, object]:
        tiers = {f"Deployment/{names.child(key.name, tier)}": None for tier in _TIERS}
        known = (record for kind in (DEPLOYMENT, STATEFUL_SET) for record in self._children.of(key, kind))
        made = {f"{record.id.kind}/{record.id.name}": record.facts for record in known}
        made.pop(f"Deployment/{names.child(key.name, names.API_CANARY)}", None)  # It serves beside others.
        return tiers | made


def with_live_pods(manifest: Manifest, live: JSON, *, note: bool) -> Manifest:
    """Return the manifest with pods and revision as they are; `note`: give it a revision if it has none."""
    template = (owned(live) or {}).get("spec", {}).get("template")
    spec = {key: value for key, value in manifest["spec"].items() if key != "template"}
    revision = revision_of(live) or (_first_revision(manifest, template) if note else "")
    held = {**manifest, "spec": {**spec, **({"template": template} if template else {})}}
    return with_revision(held, revision)


def _first_revision(manifest: Manifest, template: object) -> str:
    # From now on it is known what these pods were made of, so that a change of it will be noticed.
    wanted = Revision.parse(revision_of(manifest))
    return Revision(fingerprint(template), wanted.inputs if wanted else {}).text()


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def _is_down(live: object) -> bool:
    return not isinstance(live, Rollout) or bool(live.stuck) or (live.desired > 0 and live.ready == 0)
