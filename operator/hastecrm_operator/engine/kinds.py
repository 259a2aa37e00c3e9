"""The Kubernetes kinds that the operator touches, and how their addresses are built."""

from dataclasses import dataclass

from hastecrm_operator.api import names


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type of the Kubernetes API; `provider` names the product that brings its definition."""

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True
    provider: str = ""
    metadata_only: bool = False

    @property
    def optional(self) -> bool:
        """Whether a cluster may do without this kind."""
        return bool(self.provider)

    @property
    def api_version(self) -> str:
        """The value of `apiVersion` in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
        """Return the URL path of the collection, of one object or of its subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


HASTECRM = Kind(names.GROUP, names.VERSION, names.PLURAL, names.KIND)
HASTECRM_BACKUP = Kind(names.GROUP, names.VERSION, names.BACKUP_PLURAL, names.BACKUP_KIND)
HASTECRM_RESTORE = Kind(names.GROUP, names.VERSION, names.RESTORE_PLURAL, names.RESTORE_KIND)
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
STATEFUL_SET = Kind("apps", "v1", "statefulsets", "StatefulSet")
SERVICE = Kind("", "v1", "services", "Service")
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount")
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
SECRET = Kind("", "v1", "secrets", "Secret")
CRON_JOB = Kind("batch", "v1", "cronjobs", "CronJob")
JOB = Kind("batch", "v1", "jobs", "Job")
POD = Kind("", "v1", "pods", "Pod")
CLAIM = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
EVENT = Kind("", "v1", "events", "Event")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)

POD_DISRUPTION_BUDGET = Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
HORIZONTAL_POD_AUTOSCALER = Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
INGRESS_CLASS = Kind("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced=False)
INGRESS = Kind("networking.k8s.io", "v1", "ingresses", "Ingress")
CONTROLLER_REVISION = Kind("apps", "v1", "controllerrevisions", "ControllerRevision")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", provider="the Gateway API")
POD_MONITOR = Kind(
    "monitoring.coreos.com", "v1", "podmonitors", "PodMonitor", provider="the Prometheus Operator"
)
PROMETHEUS_RULE = Kind(
    "monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule", provider="the Prometheus Operator"
)
CNPG_CLUSTER = Kind("postgresql.cnpg.io", "v1", "clusters", "Cluster", provider="CloudNativePG")

# What others own and objects name, of which only the metadata is watched.
SECRET_METADATA = Kind("", "v1", "secrets", "Secret", metadata_only=True)
CONFIG_MAP_METADATA = Kind("", "v1", "configmaps", "ConfigMap", metadata_only=True)
FOREIGN = (SECRET_METADATA, CONFIG_MAP_METADATA)

# What the operator watches by label: everything it makes, and what grows out of that.
WATCHED = (
    DEPLOYMENT,
    STATEFUL_SET,
    SERVICE,
    SERVICE_ACCOUNT,
    CONFIG_MAP,
    SECRET,
    CRON_JOB,
    JOB,
    POD,
    CLAIM,
    POD_DISRUPTION_BUDGET,
    HORIZONTAL_POD_AUTOSCALER,
    NETWORK_POLICY,
    INGRESS,
    CONTROLLER_REVISION,
    HTTP_ROUTE,
    POD_MONITOR,
    PROMETHEUS_RULE,
    CNPG_CLUSTER,
)
# What people ask for beside the HasteCRM object itself; they have no label of ours.
REQUESTS = (HASTECRM_BACKUP, HASTECRM_RESTORE)
_WRITTEN = (*WATCHED, *REQUESTS, HASTECRM, EVENT, LEASE)
_BY_MANIFEST = {(kind.api_version, kind.name): kind for kind in _WRITTEN}


def kind_of(manifest: dict[str, object]) -> Kind:
    """Return the kind of a manifest; raises KeyError for one that the operator never writes."""
    return _BY_MANIFEST[str(manifest["apiVersion"]), str(manifest["kind"])]
