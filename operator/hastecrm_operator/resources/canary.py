"""The pods of the API that run the next release beside those of the one before, and what they read. Pure.

The Service, the budget, the policies and the monitor find them like all pods of the API. So does the selector
of the API's own Deployment, which cannot change; their owner and a label of their own keep them apart
(docs/adr/0033-a-canary-is-a-second-deployment.md).
"""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.config_map import config_map, config_map_name
from hastecrm_operator.resources.deployments import deployment
from hastecrm_operator.resources.manifest import Manifest, metadata, selector
from hastecrm_operator.resources.rendering import Rendering

_LABEL = {names.TRACK: names.CANARY}


def canary_name(crm: HasteCRM) -> str:
    """Return the name of the canary's Deployment."""
    return names.child(crm.metadata.name, names.API_CANARY)


def canary(crm: HasteCRM, r: Rendering, pods: int) -> list[Manifest]:
    """Return the Deployment of so many pods of the API, and the ConfigMap that they read."""
    configuration = config_map(crm)
    configuration["metadata"]["name"] = own = names.child(config_map_name(crm), names.CANARY)
    made = deployment(crm, names.API, crm.spec.api, r)
    meta, spec = metadata(crm, canary_name(crm), names.API), made["spec"]
    template = _reading(own, config_map_name(crm), spec["template"])
    of_pods = {**template["metadata"], "labels": {**template["metadata"]["labels"], **_LABEL}}
    apart = {
        "replicas": pods,
        "selector": {"matchLabels": {**selector(crm, names.API), **_LABEL}},
        "template": {**template, "metadata": of_pods},
    }
    meta["labels"] |= _LABEL
    return [configuration, {**made, "metadata": meta, "spec": {**spec, **apart}}]


def _reading(name: str, instead_of: str, template: dict[str, Any]) -> dict[str, Any]:
    # The other ConfigMap is that of the pods that run already: one that starts again must find it as it was.
    def renamed(source: dict[str, Any]) -> dict[str, Any]:
        same = source.get("configMapRef", {}).get("name") == instead_of
        return {"configMapRef": {"name": name}} if same else source

    containers = [
        {**c, "envFrom": [renamed(source) for source in c["envFrom"]]} if "envFrom" in c else c
        for c in template["spec"]["containers"]
    ]
    return {**template, "spec": {**template["spec"], "containers": containers}}
