"""The HTTPRoute: how the public reaches the web and API tiers through a Gateway."""

from itertools import groupby
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.access import GatewayParent
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.public_paths import PUBLIC_PATHS, PublicPath

_GROUP = "gateway.networking.k8s.io"
_COMPONENT = "access"


def http_route(crm: HasteCRM) -> list[Manifest]:
    """Return the route; nothing if the object asks for none."""
    asked = crm.spec.access.gateway if crm.spec.access else None
    if asked is None or crm.spec.host is None:
        return []
    by_component = groupby(PUBLIC_PATHS, key=lambda public: public.component)
    return [
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "HTTPRoute",
            "metadata": metadata(crm, crm.metadata.name, _COMPONENT),
            "spec": {
                "hostnames": [crm.spec.host],
                "parentRefs": [_parent(parent) for parent in asked.parent_refs],
                "rules": [_rule(crm, component, list(paths)) for component, paths in by_component],
            },
        }
    ]


def _parent(parent: GatewayParent) -> dict[str, str]:
    return {"group": _GROUP, "kind": "Gateway", **parent.model_dump(by_alias=True, exclude_none=True)}


# These lists are atomic: the API server's defaults in them would count as a difference, so they are written.
def _rule(crm: HasteCRM, component: str, paths: list[PublicPath]) -> dict[str, Any]:
    backend = {
        "group": "",
        "kind": "Service",
        "name": names.child(crm.metadata.name, component),
        "port": names.APP_PORT,
        "weight": 1,
    }
    return {"matches": [_match(public) for public in paths], "backendRefs": [backend]}


def _match(public: PublicPath) -> dict[str, Any]:
    return {"path": {"type": "Exact" if public.exact else "PathPrefix", "value": public.path}}
