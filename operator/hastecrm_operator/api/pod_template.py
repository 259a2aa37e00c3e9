"""What a user adds to the pods of a tier, and what is refused because a promise would break."""

from typing import Any, Final, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from hastecrm_operator.api.lists import Named
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.texts import AnnotationValue, ContainerName

_ANYTHING: Final[dict[str, JsonValue]] = {"x-kubernetes-preserve-unknown-fields": True}
_TIERS: Final = ("api", "web", "worker")
_KEPT: Final = (
    "image",
    "command",
    "args",
    "ports",
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "securityContext",
    "lifecycle",
)
_PROMISE: Final = (
    "podTemplate must not replace image, command, args, ports, probes, lifecycle or securityContext of "
    "the tier's own "
    "container; use images, probes and env of the spec"
)
_REMOVED: Final = "podTemplate must not set a field of the tier's own container to null"
_DIRECTIVE: Final = (
    "podTemplate knows no directives such as $patch; null removes a field, and a list without a merge key is "
    "replaced"
)
_OUR_VOLUMES: Final = ("database-ca", "redis-ca", "mail-ca", "openid")
_OUR_FILES: Final = (
    f"podTemplate must not replace the volumes {', '.join(_OUR_VOLUMES)}: they hold what other fields of the "
    "spec name; give yours another name"
)
# What is merged item by item or field by field, so that its shape must be right.
_LISTS: Final = frozenset({"env", "envFrom", "ports", "volumeDevices", "volumeMounts"})
_OBJECTS: Final = frozenset({"resources", "securityContext"})
_OURS: Final = (
    "podTemplate must not set labels or annotations of app.kubernetes.io/ or hastecrm.io/: "
    "the operator finds its pods by them"
)
_PREFIXES: Final = ("app.kubernetes.io/", "hastecrm.io/")


def _object(description: str) -> Any:
    return Field(None, description=description, json_schema_extra=_ANYTHING)


def _named(description: str, most: int) -> Any:
    # Of a list that may be missing and has a validator, pydantic tells no limit; rules need one.
    return Field(None, max_length=most, description=description, json_schema_extra={"maxItems": most})


def _list(description: str) -> Any:
    items: dict[str, JsonValue] = {
        "items": {"type": "object", **_ANYTHING},
        "x-kubernetes-list-type": "atomic",
    }
    return Field(None, max_length=64, description=description, json_schema_extra=items)


class NamedPart(Model):
    """A volume or init container by its name; beside the name anything that a PodSpec takes."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_ANYTHING)

    name: ContainerName = Field(description="Name of the volume or container. Example: certificates.")


class PodContainer(Model):
    """A container by its name: the tier's own (api, web or worker), or one more beside it."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_ANYTHING)

    name: ContainerName = Field(description="Name of the container. Example: api, or of a sidecar: proxy.")
    image: str | None = Field(
        None, max_length=500, description="Image of a sidecar. Example: envoyproxy/envoy:v1.31.0."
    )
    command: list[str] | None = Field(
        None, max_length=100, description="Command of a sidecar. Example: [envoy]."
    )
    args: list[str] | None = Field(
        None, max_length=100, description="Arguments of a sidecar. Example: [-c, /etc/envoy.yaml]."
    )
    ports: list[dict[str, JsonValue]] | None = _list(
        "Ports of a sidecar, as in a PodSpec. Example: [{containerPort: 8443}]."
    )
    lifecycle: dict[str, JsonValue] | None = _object(
        "Hooks of a sidecar, as in a PodSpec. Example: {preStop: {sleep: {seconds: 5}}}."
    )
    startup_probe: dict[str, JsonValue] | None = _object(
        "Startup probe of a sidecar, as in a PodSpec. Example: {tcpSocket: {port: 8443}}."
    )
    liveness_probe: dict[str, JsonValue] | None = _object(
        "Liveness probe of a sidecar, as in a PodSpec. Example: {tcpSocket: {port: 8443}}."
    )
    readiness_probe: dict[str, JsonValue] | None = _object(
        "Readiness probe of a sidecar, as in a PodSpec. Example: {tcpSocket: {port: 8443}}."
    )
    security_context: dict[str, JsonValue] | None = _object(
        "Security of a sidecar, as in a PodSpec. Example: {runAsUser: 10001}."
    )


def _keeps(field: str) -> dict[str, str]:
    own = f"c.name in {list(_TIERS)}"
    kept = " && ".join(f"!has(c.{name})" for name in _KEPT)
    return rule(f"!has(self.{field}) || self.{field}.all(c, !({own}) || ({kept}))", _PROMISE)


class PodSpec(Model):
    """Parts of a PodSpec; what is not listed here the operator decides."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            _keeps("containers"),
            rule(f"!has(self.volumes) || self.volumes.all(v, !(v.name in {list(_OUR_VOLUMES)}))", _OUR_FILES),
        )
    )

    containers: Named[PodContainer] | None = _named("Containers, merged by name.", 16)
    init_containers: Named[NamedPart] | None = _named("Init containers, merged by name.", 16)
    volumes: Named[NamedPart] | None = _named("Volumes, merged by name.", 64)
    node_selector: dict[str, AnnotationValue] | None = Field(
        None, max_length=64, description="Labels that a node must have. Example: {kubernetes.io/arch: arm64}."
    )
    affinity: dict[str, JsonValue] | None = _object("Affinity, as in a PodSpec. Example: {nodeAffinity: …}.")
    tolerations: list[dict[str, JsonValue]] | None = _list(
        "Tolerations, as in a PodSpec. Example: [{key: dedicated, operator: Exists}]."
    )
    topology_spread_constraints: list[dict[str, JsonValue]] | None = _list(
        "Spread over nodes and zones, as in a PodSpec; replaces the operator's own. "
        "Example: [{topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]."
    )
    host_aliases: list[dict[str, JsonValue]] | None = _list(
        "Entries for /etc/hosts, as in a PodSpec. Example: [{ip: 10.0.0.9, hostnames: [mail.internal]}]."
    )
    dns_policy: str | None = Field(None, max_length=64, description="DNS policy. Example: ClusterFirst.")
    dns_config: dict[str, JsonValue] | None = _object(
        "DNS settings, as in a PodSpec. Example: {options: [{name: ndots, value: '2'}]}."
    )
    priority_class_name: str | None = Field(
        None, max_length=253, description="PriorityClass. Example: business."
    )
    runtime_class_name: str | None = Field(None, max_length=253, description="RuntimeClass. Example: gvisor.")
    scheduler_name: str | None = Field(
        None, max_length=253, description="Scheduler of the pods. Default: the cluster's."
    )
    termination_grace_period_seconds: int | None = Field(
        None, ge=30, le=3600, description="Seconds that a pod has to end; at least 30. Default: 45."
    )


class PodMetadata(Model):
    """Labels and annotations of the pods."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            *(
                rule(
                    f"!has(self.{field}) || self.{field}.all(k, !k.startsWith('app.kubernetes.io/') && "
                    "!k.startsWith('hastecrm.io/'))",
                    _OURS,
                )
                for field in ("labels", "annotations")
            )
        )
    )

    labels: dict[str, AnnotationValue] | None = Field(
        None, max_length=64, description="Labels. Example: {team: sales}."
    )
    annotations: dict[str, AnnotationValue] | None = Field(
        None, max_length=64, description='Annotations. Example: {sidecar.istio.io/inject: "true"}.'
    )

    @model_validator(mode="after")
    def _not_ours(self) -> Self:
        if any(key.startswith(_PREFIXES) for part in (self.labels, self.annotations) for key in part or ()):
            raise ValueError(_OURS)
        return self


class PodTemplate(Model):
    """Additions to the pods of a tier; merged as `kubectl patch --type=strategic` does it."""

    metadata: PodMetadata | None = Field(None, description="Labels and annotations of the pods.")
    spec: PodSpec | None = Field(None, description="Parts of a PodSpec.")

    @model_validator(mode="after")
    def _promises_hold(self) -> Self:
        spec = self.spec or PodSpec()
        written = [c.model_dump(by_alias=True, exclude_unset=True) for c in spec.containers or ()]
        first = [c.model_dump(by_alias=True, exclude_unset=True) for c in spec.init_containers or ()]
        if wrong := next((w for c in (*written, *first) if (w := _misshapen(c))), ""):
            raise ValueError(wrong)
        own = [container for container in written if container["name"] in _TIERS]
        broken = {
            _PROMISE: any(container.keys() & set(_KEPT) for container in own),
            _REMOVED: any(value is None for container in own for value in container.values()),
            _OUR_FILES: any(volume.name in _OUR_VOLUMES for volume in spec.volumes or ()),
            _DIRECTIVE: _has_directive(self.model_dump(mode="json", exclude_unset=True)),
        }
        for sentence, holds in broken.items():
            if holds:
                raise ValueError(sentence)
        return self


def _misshapen(container: dict[str, Any]) -> str:
    for field in _LISTS & container.keys():
        items = container[field]
        if not isinstance(items, list | tuple | None) or not all(isinstance(i, dict) for i in items or ()):
            return f"{field} of container {container['name']!r} in podTemplate must be a list of objects"
    for field in _OBJECTS & container.keys():
        if not isinstance(container[field], dict | None):
            return f"{field} of container {container['name']!r} in podTemplate must be an object"
    return ""


def _has_directive(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(key.startswith("$") or _has_directive(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_directive, value))
