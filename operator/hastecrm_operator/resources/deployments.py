"""The Deployments of the three tiers."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.components import APISpec, WebSpec, WorkerSpec
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.sizes import application_resources
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.files import files
from hastecrm_operator.resources.manifest import Manifest, metadata, selector
from hastecrm_operator.resources.pod_additions import with_additions
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.probes import PORT_NAME, probes
from hastecrm_operator.resources.release_jobs import overlap_seconds
from hastecrm_operator.resources.rendering import Rendering

HTTP = "http"
_GRACE_SECONDS = 45
# Endpoints are withdrawn while a pod already ends; serving on for a moment loses no request.
_FAREWELL_SECONDS = 5
_SPREAD_OVER = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")

TierSpec = APISpec | WebSpec | WorkerSpec


def deployment(crm: HasteCRM, tier: str, spec: TierSpec, r: Rendering) -> Manifest:
    """Return the Deployment of one tier; a rollout never takes a ready pod away before its successor is."""
    volumes = [scratch("tmp", "/tmp"), *files(crm, tier)]  # noqa: S108 - a path inside the container
    template = pod_template(
        crm,
        tier,
        r,
        volumes,
        containers=[_container(crm, tier, spec, r, volumes)],
        terminationGracePeriodSeconds=_GRACE_SECONDS,
        affinity=_apart(crm, tier),
        topologySpreadConstraints=[_spread(crm, tier, over) for over in _SPREAD_OVER],
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(crm, names.child(crm.metadata.name, tier), tier),
        "spec": {
            **_replicas(spec, r),
            **_overlap(crm, tier),
            "selector": {"matchLabels": selector(crm, tier)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "template": with_additions(template, spec.pod_template),
        },
    }


def _replicas(spec: TierSpec, r: Rendering) -> dict[str, int]:
    if r.asleep:
        return {"replicas": 0}
    # Left out, the number belongs to whoever scales: our next write must not take it back.
    return {} if spec.autoscaling else {"replicas": spec.replicas}


def _overlap(crm: HasteCRM, tier: str) -> dict[str, int]:
    seconds = overlap_seconds(crm) if tier == names.API else 0
    return {"minReadySeconds": seconds} if seconds else {}


def _container(
    crm: HasteCRM, tier: str, spec: TierSpec, r: Rendering, volumes: list[Volume]
) -> dict[str, Any]:
    return container(
        tier,
        r.images.app,
        r,
        volumes,
        args=[tier],
        env=environment(crm, tier, spec.env),
        envFrom=environment_from(crm),
        ports=_ports(tier),
        lifecycle={"preStop": {"sleep": {"seconds": _FAREWELL_SECONDS}}},
        **probes(spec.probes),
        **resources_of(spec.resources or application_resources(crm.spec.size, tier)),
    )


def _ports(tier: str) -> list[dict[str, Any]]:
    probe_port = {"name": PORT_NAME, "containerPort": names.PROBE_PORT, "protocol": "TCP"}
    if tier == names.WORKER:
        return [probe_port]
    return [{"name": HTTP, "containerPort": names.APP_PORT, "protocol": "TCP"}, probe_port]


def _apart(crm: HasteCRM, tier: str) -> dict[str, Any]:
    term = {"labelSelector": {"matchLabels": selector(crm, tier)}, "topologyKey": _SPREAD_OVER[0]}
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def _spread(crm: HasteCRM, tier: str, over: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": over,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(crm, tier)},
        # Pods of one revision are spread among themselves: those that a rollout is about to end do not count.
        "matchLabelKeys": ["pod-template-hash"],
    }
