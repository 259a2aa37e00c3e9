"""Stable addresses within the cluster."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata, selector


def service(crm: HasteCRM, component: str, port_name: str, port: int) -> Manifest:
    """Return the Service of one component; its pods name their port `port_name` too."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(crm, names.child(crm.metadata.name, component), component),
        "spec": {
            "type": "ClusterIP",
            "selector": selector(crm, component),
            "ports": [{"name": port_name, "port": port, "protocol": "TCP", "targetPort": port_name}],
        },
    }
