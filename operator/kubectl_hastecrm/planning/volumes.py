"""A StatefulSet cannot change what it claims: the operator makes it again around its running pod. Pure."""

from hastecrm_operator.engine.kinds import STATEFUL_SET
from hastecrm_operator.resources.manifest import Manifest
from kubectl_hastecrm.planning.difference import Field, fields

_CLAIMS = "volumeClaimTemplates"


def with_claims_of(new: Manifest, old: Manifest) -> Manifest:
    """Return the new StatefulSet with the old one's claims, which the API server would refuse to change."""
    if new["kind"] != STATEFUL_SET.name or _CLAIMS not in old["spec"]:
        return new
    return {**new, "spec": {**new["spec"], _CLAIMS: old["spec"][_CLAIMS]}}


def growth(old: Manifest, new: Manifest) -> tuple[Field, ...]:
    """Return in what the claims differ."""
    before, after = (manifest.get("spec", {}).get(_CLAIMS) for manifest in (old, new))
    return tuple(fields(before, after, f"spec.{_CLAIMS}")) if before and after else ()
