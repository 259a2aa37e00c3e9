"""What a user's `podTemplate` makes of the pods of a tier, and of the Jobs that belong to it."""

from typing import Any, Final

from hastecrm_operator.api.pod_template import PodTemplate
from hastecrm_operator.api.quantities import canonical
from hastecrm_operator.resources.pods import container_security
from hastecrm_operator.resources.strategic_merge import merged

# Which nodes take a pod, and what it finds there: a Job needs the same as the tier that it works for.
_PLACEMENT: Final = (
    "nodeSelector",
    "tolerations",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "hostAliases",
    "dnsPolicy",
    "dnsConfig",
)
_DEFAULTS: Final = {"fieldRef": {"apiVersion": "v1"}, "resourceFieldRef": {"divisor": "0"}}
_CONTAINERS: Final = ("initContainers", "containers")


def with_additions(template: dict[str, Any], additions: PodTemplate | None) -> dict[str, Any]:
    """Return a tier's pod template with the user's fragment; containers that it adds are locked like ours."""
    if additions is None:
        return template
    fragment = additions.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return _as_stored(merged(_with_security(template, fragment), fragment))


def placed(template: dict[str, Any], additions: PodTemplate | None) -> dict[str, Any]:
    """Return a Job's pod template that runs where the pods of a tier with these additions run."""
    if additions is None or additions.spec is None:
        return template
    spec = additions.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    fragment = {"spec": {key: value for key, value in spec.items() if key in _PLACEMENT}}
    return _as_stored(merged(template, fragment))


def _with_security(template: dict[str, Any], fragment: dict[str, Any]) -> dict[str, Any]:
    # The default lies below: what a fragment says of a container's security wins, field by field.
    known = {c["name"] for c in template["spec"]["containers"]}
    added = {
        part: [
            {"name": container["name"], "securityContext": container_security()}
            for container in (fragment.get("spec") or {}).get(part) or ()
            if container["name"] not in known
        ]
        for part in _CONTAINERS
    }
    return merged(template, {"spec": {part: containers for part, containers in added.items() if containers}})


def _as_stored(template: dict[str, Any]) -> dict[str, Any]:
    # The API server rewrites quantities and drops what is empty. Written in another form, a fragment would
    # look like somebody's change of our pods.
    spec = {key: value for key, value in template["spec"].items() if value != []}
    for part in (part for part in _CONTAINERS if part in spec):
        spec[part] = [_container_as_stored(container) for container in spec[part]]
    return {**template, "spec": spec}


def _container_as_stored(container: dict[str, Any]) -> dict[str, Any]:
    stored = {key: value for key, value in container.items() if value != []}
    if "env" in stored:
        stored["env"] = [_variable_as_stored(variable) for variable in stored["env"]]
    if "ports" in stored:
        stored["ports"] = [{"protocol": "TCP", **port} for port in stored["ports"]]
    if "resources" in stored:
        stored["resources"] = {k: _amounts_as_stored(v) for k, v in stored["resources"].items()}
    return stored


def _variable_as_stored(variable: dict[str, Any]) -> dict[str, Any]:
    stored = {key: value for key, value in variable.items() if (key, value) != ("value", "")}
    source = stored.get("valueFrom")
    if isinstance(source, dict):
        stored["valueFrom"] = {
            kind: {**_DEFAULTS[kind], **of} if kind in _DEFAULTS and isinstance(of, dict) else of
            for kind, of in source.items()
        }
    return stored


def _amounts_as_stored(amounts: Any) -> Any:
    if not isinstance(amounts, dict):
        return amounts  # a list of claims
    return {resource: _quantity_as_stored(amount) for resource, amount in amounts.items()}


def _quantity_as_stored(amount: Any) -> Any:
    try:
        return canonical(amount)
    except ValueError:
        return amount  # No quantity: the API server will say so, with its path.
