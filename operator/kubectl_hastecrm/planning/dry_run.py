"""Asks the API server what a change would do: nothing is stored."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError, KindNotInstalledError, NotFoundError, RejectedError
from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, POD, STATEFUL_SET, kind_of
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rendering import images_for
from kubectl_hastecrm.planning.difference import fields, without_bookkeeping
from kubectl_hastecrm.planning.effects import (
    CREATE,
    UPDATE,
    Change,
    Plan,
    change,
    downtime,
    notes,
    rejection,
    release,
)
from kubectl_hastecrm.planning.family import family, repository_of
from kubectl_hastecrm.planning.intended import intended
from kubectl_hastecrm.planning.volumes import growth, with_claims_of
from kubectl_hastecrm.problems import Problem
from kubectl_hastecrm.requests import report_in
from kubectl_hastecrm.session import Session

Identity = tuple[str, str]
Children = dict[Identity, Manifest]


@dataclass
class DryRun:
    """One plan in the making."""

    session: Session
    now: datetime
    remarks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What the API server would refuse."""

    async def plan(self, wanted: JSON) -> Plan:
        """Return what applying `wanted` would do; raises Problem when the object itself is refused."""
        meta = wanted["metadata"]
        live = await self._live(meta["namespace"], meta["name"])
        stored = await self._stored(live, wanted)
        crm, before = HasteCRM.parse(stored), HasteCRM.parse(live) if live else None
        workloads = await self._workloads(crm)
        repository = repository_of([*map(_image, workloads.values())], (before or crm).spec.version)
        children = await self._children(crm, before, repository, workloads)
        plan = Plan(
            name=meta["name"],
            namespace=meta["namespace"],
            action=UPDATE if live else CREATE,
            spec=tuple(fields(_wish(live), _wish(stored))) if live else (),
            children=children,
            downtime=downtime(crm, before, children),
            notes=(*notes(crm, children, self.now), *dict.fromkeys(self.remarks)),
        )
        return await self._with_release(plan, crm, before, repository, live)

    async def _live(self, namespace: str, name: str) -> JSON | None:
        try:
            return await self.session.client.get(HASTECRM, namespace, name)
        except NotFoundError as exc:
            if isinstance(exc, KindNotInstalledError):
                raise
            return None

    async def _stored(self, live: JSON | None, wanted: JSON) -> JSON:
        try:
            if live is None:
                return await self.session.client.make(HASTECRM, wanted, dry=True)
            return await self.session.client.would_replace(HASTECRM, intended(live, wanted))
        except RejectedError as exc:
            raise Problem(f"the API server would refuse this: {exc.message}") from exc

    async def _workloads(self, crm: HasteCRM) -> dict[Identity, JSON]:
        selector = f"{names.INSTANCE}={crm.metadata.name}"
        kinds = (DEPLOYMENT, STATEFUL_SET)
        found = [await self.session.client.list_all(k, crm.metadata.namespace, selector) for k in kinds]
        return {(body["kind"], body["metadata"]["name"]): body for part in found for body in part}

    async def _children(
        self, crm: HasteCRM, before: HasteCRM | None, repository: str, live: Mapping[Identity, JSON]
    ) -> tuple[Change, ...]:
        old = _by_identity(before, repository, live) if before else {}
        new = _by_identity(crm, repository, {**old, **live})
        found = await asyncio.gather(*(self._child(old.get(i), new.get(i), live.get(i)) for i in old | new))
        return tuple(one for one in found if one)

    async def _child(self, old: Manifest | None, new: Manifest | None, live: JSON | None) -> Change | None:
        pods = int((live or {}).get("status", {}).get("replicas", 0))
        if old is None or new is None:
            if new and await self._would_be(new) is None:
                return None
            return change(old, new, pods)
        stored = await self._would_be(with_claims_of(new, old))
        if stored is None or old == new:
            return None
        found = change(await self._would_be(old) or old, stored, pods)
        if grown := growth(old, new):
            found = found or Change(UPDATE, new["kind"], new["metadata"]["name"])
            return replace(found, fields=(*found.fields, *grown))
        return found

    async def _would_be(self, manifest: Manifest) -> Manifest | None:
        """Return what would be stored; the manifest itself where one may not ask; None if it is refused."""
        kind, name = kind_of(manifest), f"{manifest['kind']}/{manifest['metadata']['name']}"
        try:
            stored = await self.session.client.would_apply(kind, manifest, names.MANAGER)
            return without_bookkeeping(stored)
        except KindNotInstalledError as exc:
            self.remarks.append(exc.message)
            return None
        except RejectedError as exc:
            if exc.status == 403 and "cannot" in exc.message:
                self.remarks.append(f"not checked by the API server: you may not write {kind.plural}")
                return manifest
            self.refused.append(f"{name}: {exc.message}")
            return None

    async def _with_release(
        self, plan: Plan, crm: HasteCRM, before: HasteCRM | None, repository: str, live: JSON | None
    ) -> Plan:
        images = images_for(before or crm, repository), images_for(crm, repository)
        status = (live or {}).get("status") or {}
        state = status.get("release") or {}
        told = (*rejection(crm, images[1], state), *release(crm, before, images))
        plan, (old, new) = replace(plan, release=told), (of.app for of in images)
        if old == new:
            return plan
        verdict = status.get("rollback") if state.get("version") == crm.spec.version else None
        return replace(plan, image=(old, new), verdict=verdict, migrations=await self._report(crm, new))

    async def _report(self, crm: HasteCRM, image: str) -> JSON | None:
        """Return what the operator's own planning Job has found out about this image, if it has run."""
        selector = f"{names.INSTANCE}={crm.metadata.name},{names.COMPONENT}={names.MIGRATE}"
        try:
            pods = await self.session.client.list_all(POD, crm.metadata.namespace, selector)
        except APIError:
            return None
        reports = [report_in(pod) for pod in pods if _pod_image(pod) == image]
        return next((report for report in reversed(reports) if "pending" in report), None)


def _by_identity(crm: HasteCRM, repository: str, live: Mapping[Identity, JSON]) -> Children:
    made = {(m["kind"], m["metadata"]["name"]): m for m in family(crm, repository)}
    return {identity: _scaled(manifest, live.get(identity)) for identity, manifest in made.items()}


def _scaled(manifest: Manifest, live: JSON | None) -> Manifest:
    # An autoscaler's number is left out, and stays as it is: the operator hands it over.
    if manifest["kind"] != DEPLOYMENT.name or live is None or "replicas" in manifest["spec"]:
        return manifest
    return {**manifest, "spec": {"replicas": live["spec"].get("replicas", 1), **manifest["spec"]}}


def _wish(body: JSON | None) -> dict[str, Any]:
    return {"spec": (body or {}).get("spec", {})}


def _image(workload: JSON) -> str:
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])


def _pod_image(pod: JSON) -> str:
    return str(pod["spec"]["containers"][0]["image"])
