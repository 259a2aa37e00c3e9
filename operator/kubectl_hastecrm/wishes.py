"""How a person's wish is written on a HasteCRM: one field or one annotation, as a merge patch. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

JSON = Mapping[str, Any]
_GITOPS: Final = {
    "argocd": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "flux": "Flux",
    "fleet": "Fleet",
}


def annotated(annotation: str, now: datetime) -> dict[str, Any]:
    """Return a patch that sets an annotation to a value which no earlier wish had."""
    return {"metadata": {"annotations": {annotation: f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}}}


def paused(*, wanted: bool) -> dict[str, Any]:
    """Return a patch that pauses an object, or lets the operator go on."""
    return {"spec": {"paused": wanted}}


def rolled_back(revision: int | None, *, restore_data: bool = False) -> dict[str, Any]:
    """Return a patch that runs a recorded revision; with None the spec is followed again."""
    wanted = {"toRevision": revision, "restoreData": restore_data} if revision else None
    return {"spec": {"rollback": wanted}}


def other_writer(body: JSON) -> str:
    """Return who else writes the spec from a repository, and would take a change back; "" for nobody."""
    for entry in body["metadata"].get("managedFields", ()):
        for start, product in _GITOPS.items():
            if entry["manager"].startswith(start) and "f:spec" in entry.get("fieldsV1", {}):
                return product
    return ""
