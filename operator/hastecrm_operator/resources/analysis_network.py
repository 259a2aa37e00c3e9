"""How the analysis of a release reaches every pod of the API, while there is one."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.deployments import HTTP
from hastecrm_operator.resources.manifest import Manifest, metadata, selector
from hastecrm_operator.resources.network_policies import way_to_pods
from hastecrm_operator.resources.probes import PORT_NAME
from hastecrm_operator.resources.release_jobs import pods_host


def analysis_network(crm: HasteCRM) -> list[Manifest]:
    """Return the Service that names each pod of the API, and what lets the analysis in to them."""
    ports = {HTTP: names.APP_PORT, PORT_NAME: names.PROBE_PORT}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(crm, pods_host(crm), names.API),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": selector(crm, names.API),
            "ports": [
                {"name": name, "port": port, "protocol": "TCP", "targetPort": name}
                for name, port in ports.items()
            ],
        },
    }
    way = way_to_pods(crm, names.ANALYSIS, names.API, *ports.values())
    return [service, *([way] if crm.spec.security.network_policy else [])]
