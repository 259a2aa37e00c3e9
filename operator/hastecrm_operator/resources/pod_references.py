"""The Secrets and ConfigMaps that a `podTemplate` names; optional ones may be missing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hastecrm_operator.api.pod_template import PodTemplate

Named = tuple[str, str, str, tuple[str, ...]]
"""Where (below the template), the kind, the name, and the keys that are asked for."""

# By where they stand: the kind, the field with the name, and the field with the keys.
_VOLUMES: Final = {
    "secret": ("Secret", "secretName", "items"),
    "configMap": ("ConfigMap", "name", "items"),
}
_SOURCES: Final = {"secret": ("Secret", "name", "items"), "configMap": ("ConfigMap", "name", "items")}
_VARIABLES: Final = {
    "secretKeyRef": ("Secret", "name", "key"),
    "configMapKeyRef": ("ConfigMap", "name", "key"),
}
_ALL_VARIABLES: Final = {"secretRef": ("Secret", "name", ""), "configMapRef": ("ConfigMap", "name", "")}


def named_objects(template: PodTemplate) -> Iterator[Named]:
    """Yield what the template names, in the order in which it stands there."""
    spec = template.model_dump(mode="json", by_alias=True, exclude_unset=True).get("spec") or {}
    for part in ("containers", "initContainers"):
        for path, container in _each(f"spec.{part}", spec.get(part)):
            yield from _of_container(path, container)
    for path, volume in _each("spec.volumes", spec.get("volumes")):
        yield from _of(path, volume, _VOLUMES)
        projected = volume.get("projected") or {}
        for inner, source in _each(f"{path}.projected.sources", projected.get("sources")):
            yield from _of(inner, source, _SOURCES)


def _of_container(path: str, container: Mapping[str, Any]) -> Iterator[Named]:
    for where, variable in _each(f"{path}.env", container.get("env")):
        yield from _of(f"{where}.valueFrom", variable.get("valueFrom"), _VARIABLES)
    for where, source in _each(f"{path}.envFrom", container.get("envFrom")):
        yield from _of(where, source, _ALL_VARIABLES)


def _each(path: str, items: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, item in enumerate(items if isinstance(items, Sequence) else ()):
        if isinstance(item, Mapping):
            yield f"{path}[{index}]", item


def _of(path: str, holder: Any, kinds: Mapping[str, tuple[str, str, str]]) -> Iterator[Named]:
    for field, (kind, name, keys) in kinds.items():
        reference = holder.get(field) if isinstance(holder, Mapping) else None
        if not isinstance(reference, Mapping) or reference.get("optional"):
            continue
        if isinstance(
            reference.get(name), str
        ):  # what has another shape, the API server refuses with its path
            yield f"{path}.{field}", kind, reference[name], _keys(reference.get(keys))


def _keys(asked: Any) -> tuple[str, ...]:
    if isinstance(asked, str):
        return (asked,)
    found = (item.get("key") for _, item in _each("", asked))
    return tuple(key for key in found if isinstance(key, str))
