"""HasteCRM objects sent to a real API server for nothing but its answer, strictly and without kubectl."""

from typing import Any

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.kinds import HASTECRM

_STRICT = {"fieldValidation": "Strict"}


def manifest(namespace: str, name: str = "acme", **spec: Any) -> dict[str, Any]:
    filled = {"version": "0.1.0", **spec}
    return {
        "apiVersion": HASTECRM.api_version,
        "kind": HASTECRM.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {key: value for key, value in filled.items() if value is not None},
    }


async def tried(cluster: KubernetesCluster, body: dict[str, Any]) -> str:
    """Return what the API server has against a new object; "" when it would take it."""
    return await _answer(cluster, "POST", HASTECRM.path(body["metadata"]["namespace"]), body)


async def tried_change(cluster: KubernetesCluster, stored: dict[str, Any], body: dict[str, Any]) -> str:
    """Return what the API server has against changing what is stored into `body`."""
    meta = body["metadata"] | {"resourceVersion": stored["metadata"]["resourceVersion"]}
    path = HASTECRM.path(meta["namespace"], meta["name"])
    return await _answer(cluster, "PUT", path, body | {"metadata": meta})


async def _answer(cluster: KubernetesCluster, verb: str, path: str, body: dict[str, Any]) -> str:
    try:
        await cluster._call(verb, HASTECRM, path, body=body, params=_STRICT | {"dryRun": "All"})
    except APIError as refusal:
        return refusal.message or str(refusal)
    return ""
