"""What the pods of a workload were made of, written on the workload.

With it a change that a person made can be told from a new render: another version of the operator that
makes other pods from the same object. The template's hash says whether pods would be replaced, the inputs
say whose doing it is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rendering import Rendering

_TIERS = {names.API, names.WEB, names.WORKER}
# No pod of any workload depends on these.
_NEVER = {
    "backup",
    "deletion_deadline",
    "deletion_policy",
    "hibernated",
    "maintenance_windows",
    "monitoring",
    "paused",
    "release",
    "rollback",
}
_OF_STORES = {names.POSTGRES: {"database", "images", "size"}, names.REDIS: {"redis", "images", "size"}}
_SCALING = {"replicas", "autoscaling"}


def fingerprint(value: Any) -> str:
    """Return a short hash of a JSON value that does not depend on the order of keys."""
    return hashlib.blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Revision:
    """A hash of the pod template, what it was made of, and the last requests to roll that were heard."""

    template: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    rollout: str = ""
    adopt: str = ""

    def text(self) -> str:
        """Return it as the value of an annotation."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS).decode()  # a dataclass as its fields

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what an annotation says; None when there is none, or it is not ours."""
        try:
            return cls(**orjson.loads(text)) if text else None
        except (orjson.JSONDecodeError, TypeError):
            return None

    def is_changed_by_a_person(self, wanted: "Revision") -> bool:
        """Whether what these pods were made of has another value now; what is new does not count."""
        return any(wanted.inputs.get(source) != value for source, value in self.inputs.items())


def revised(crm: HasteCRM, r: Rendering, workload: Manifest) -> Manifest:
    """Return the workload with its revision in an annotation."""
    meta = workload["metadata"]
    asked = crm.metadata.annotations
    revision = Revision(
        template=fingerprint(workload["spec"]["template"]),
        inputs={"spec": spec_hash(crm, meta["labels"][names.COMPONENT]), **r.inputs},
        rollout=asked.get(names.ROLLOUT_ANNOTATION, ""),
        adopt=asked.get(names.ADOPT_ANNOTATION, ""),
    )
    return with_revision(workload, revision.text())


def with_revision(workload: Manifest, text: str) -> Manifest:
    """Return the workload with this revision; with none, if `text` is empty."""
    meta = workload["metadata"]
    others = {k: v for k, v in meta.get("annotations", {}).items() if k != names.REVISION_ANNOTATION}
    annotations = {**others, **({names.REVISION_ANNOTATION: text} if text else {})}
    bare = {k: v for k, v in meta.items() if k != "annotations"}
    return {**workload, "metadata": {**bare, **({"annotations": annotations} if annotations else {})}}


def revision_of(workload: Mapping[str, Any]) -> str:
    """Return the revision that a workload carries, as text; "" for none."""
    return str(workload["metadata"].get("annotations", {}).get(names.REVISION_ANNOTATION, ""))


def spec_hash(crm: HasteCRM, component: str) -> str:
    """Return a hash of what a person wrote that the pods of a component may depend on."""
    # Only what a person wrote: a new field, or another default, is not a person's change.
    written = crm.spec.model_dump(mode="json", exclude_defaults=True, exclude=_NEVER)
    if component in _OF_STORES:
        written = {key: value for key, value in written.items() if key in _OF_STORES[component]}
        written["images"] = {
            k: v
            for k, v in written.get("images", {}).items()
            if k in {component, "pull_policy", "pull_secrets"}
        }
    else:
        own = {key: value for key, value in written.get(component, {}).items() if key not in _SCALING}
        written = {key: value for key, value in written.items() if key not in _TIERS} | {component: own}
    return fingerprint(written)
