"""Who may talk to whom: nothing by default, then exactly the flows that each component needs.

A policy cannot name what it does not know: ingress controllers, DNS servers and databases given by name may
be anywhere, so flows to and from them are limited by port only. docs/explanation/network.md has the table.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.backup_destination import store_address
from hastecrm_operator.resources.cloud_native_pg import cluster_name
from hastecrm_operator.resources.manifest import Manifest, metadata, selector

Rule = dict[str, Any]
Rules = list[Rule]

_COMPONENT = "network"
_HTTPS_PORT = 443
# 5353: where OpenShift's DNS pods listen, behind a Service with port 53.
_DNS_PORTS = (53, 5353)
_WITHOUT_DATABASE = (names.WEB, names.POSTGRES, names.REDIS)
_DUMPING = (names.BACKUP, names.DRILL, names.RESTORE)
_NO_JOB = (names.API, names.WEB, names.WORKER, names.POSTGRES, names.REDIS)
_CNPG_CLUSTER = "cnpg.io/cluster"
# The pods of a CloudNativePG cluster may carry our labels, but its operator knows what they need.
_NOT_OF_CNPG = {"key": _CNPG_CLUSTER, "operator": "DoesNotExist"}


def network_policies(crm: HasteCRM) -> list[Manifest]:
    """Return the policies of all components; none if the object asks for none."""
    if not crm.spec.security.network_policy:
        return []
    public, metrics, stores = _public(), _metrics(), [*_dns(), *_database(crm), *_cache(crm)]
    policies = [
        _default_deny(crm),
        _policy(crm, names.API, [*public, *metrics], [*stores, *_providers(crm), *_extra(crm)]),
        _policy(crm, names.WEB, [*public, *metrics], [*_dns(), *_api(crm), *_extra(crm)]),
        _policy(crm, names.WORKER, metrics, [*stores, *_mail(crm), *_extra(crm)]),
        _jobs(crm, [*stores, *_extra(crm)]),
        *_dumps(crm),
    ]
    if crm.spec.database.managed:
        policies.append(_store(crm, names.POSTGRES, names.POSTGRES_PORT))
    if crm.spec.redis.managed:
        policies.append(_store(crm, names.REDIS, names.REDIS_PORT))
    return policies


def policies_of_a_copy(crm: HasteCRM, source: HasteCRM) -> list[Manifest]:
    """Return what a restore into `crm` needs to read a dump from the object store of `source`."""
    store = store_address(source)
    if store is None or store == store_address(crm) or not crm.spec.security.network_policy:
        return []
    return [_policy(crm, names.RESTORE, [], [_to_host(*store)])]


def _default_deny(crm: HasteCRM) -> Manifest:
    return _manifest(crm, "default-deny", {**_all_pods(crm), "matchExpressions": [_NOT_OF_CNPG]}, [], [])


def _policy(crm: HasteCRM, component: str, ingress: Rules, egress: Rules) -> Manifest:
    return _manifest(crm, component, {"matchLabels": selector(crm, component)}, ingress, egress)


def _jobs(crm: HasteCRM, egress: Rules) -> Manifest:
    pods = {**_all_pods(crm), "matchExpressions": [_other_than(_NO_JOB), _NOT_OF_CNPG]}
    return _manifest(crm, "jobs", pods, [], egress)


def _dumps(crm: HasteCRM) -> list[Manifest]:
    """Return what the pods that read and write dumps may do beside other Jobs: reach the object store."""
    store = store_address(crm)
    if store is None:
        return []
    dumping = {"key": names.COMPONENT, "operator": "In", "values": list(_DUMPING)}
    return [
        _manifest(crm, "dumps", {**_all_pods(crm), "matchExpressions": [dumping]}, [], [_to_host(*store)])
    ]


def _store(crm: HasteCRM, component: str, port: int) -> Manifest:
    clients = {**_all_pods(crm), "matchExpressions": [_other_than(_WITHOUT_DATABASE)]}
    return _policy(crm, component, [{"from": [{"podSelector": clients}], "ports": _tcp(port)}], [])


def _manifest(crm: HasteCRM, suffix: str, pods: Rule, ingress: Rules, egress: Rules) -> Manifest:
    rules = {"ingress": ingress, "egress": egress}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(crm, names.child(crm.metadata.name, suffix), _COMPONENT),
        "spec": {
            "podSelector": pods,
            "policyTypes": ["Ingress", "Egress"],
            **{direction: allowed for direction, allowed in rules.items() if allowed},
        },
    }


def _public() -> Rules:
    return [{"ports": _tcp(names.APP_PORT)}]


def _metrics() -> Rules:
    return [{"from": [{"namespaceSelector": {}}], "ports": _tcp(names.PROBE_PORT)}]


def _dns() -> Rules:
    return [{"ports": [_port(port, protocol) for port in _DNS_PORTS for protocol in ("UDP", "TCP")]}]


def _api(crm: HasteCRM) -> Rules:
    return [_to_pods(selector(crm, names.API), names.APP_PORT)]


def _database(crm: HasteCRM) -> Rules:
    external = crm.spec.database.external
    if external:
        return [_to_host(external.host, external.port)]
    if crm.spec.database.managed:
        return [_to_pods(selector(crm, names.POSTGRES), names.POSTGRES_PORT)]
    return [_to_pods({_CNPG_CLUSTER: cluster_name(crm)}, names.POSTGRES_PORT)]


def _cache(crm: HasteCRM) -> Rules:
    external = crm.spec.redis.external
    if external:
        return [_to_host(external.host, external.port)]
    return [_to_pods(selector(crm, names.REDIS), names.REDIS_PORT)]


def _mail(crm: HasteCRM) -> Rules:
    return [_to_host(crm.spec.mail.host, crm.spec.mail.port)] if crm.spec.mail else []


def _providers(crm: HasteCRM) -> Rules:
    # Their addresses stand in a Secret, and change: a provider of the size of Google has thousands.
    return [{"ports": _tcp(_HTTPS_PORT)}] if crm.spec.auth.oauth else []


def _extra(crm: HasteCRM) -> Rules:
    return [{"to": [_block(e.cidr)], "ports": _tcp(e.port)} for e in crm.spec.security.egress]


def way_to_pods(crm: HasteCRM, component: str, to: str, *ports: int) -> Manifest:
    """Return the policy that lets pods of one component reach those of another."""
    rule = {"to": [{"podSelector": {"matchLabels": selector(crm, to)}}], "ports": _tcp(*ports)}
    return _policy(crm, component, [], [rule])


def _to_pods(labels: dict[str, str], port: int) -> Rule:
    return {"to": [{"podSelector": {"matchLabels": labels}}], "ports": _tcp(port)}


def _to_host(host: str, port: int) -> Rule:
    return {**_only_to(host), "ports": _tcp(port)}


def _only_to(host: str) -> Rule:
    try:
        address = ip_address(host)
    except ValueError:
        return {}  # A name: its addresses are known to DNS only, and change.
    return {"to": [_block(f"{address}/{address.max_prefixlen}")]}


def _block(cidr: str) -> Rule:
    return {"ipBlock": {"cidr": cidr}}


def _all_pods(crm: HasteCRM) -> dict[str, Any]:
    labels = {names.NAME: names.PRODUCT, names.INSTANCE: crm.metadata.name}
    return {"matchLabels": labels}


def _other_than(components: Sequence[str]) -> dict[str, Any]:
    return {"key": names.COMPONENT, "operator": "NotIn", "values": list(components)}


def _tcp(*ports: int) -> list[Rule]:
    return [_port(port) for port in ports]


def _port(port: int, protocol: str = "TCP") -> Rule:
    return {"port": port, "protocol": protocol}
