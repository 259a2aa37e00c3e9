"""The application's configuration as environment variables, without anything secret."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata

# Where pods and nodes have their addresses, in nearly all clusters: ingress controllers and our own web tier
# ask from there. What they say about clients is used for limits and logs only; `env` can narrow it.
_CLUSTER_NETWORKS = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
CA_FILE = "/run/secrets/hastecrm-ca/ca.crt"


def config_map_name(crm: HasteCRM) -> str:
    """Return the name of the ConfigMap that all application pods read."""
    return names.child(crm.metadata.name, names.CONFIG)


def config_map(crm: HasteCRM) -> Manifest:
    """Return the ConfigMap with the non-secret HASTECRM_ variables."""
    meta = metadata(crm, config_map_name(crm), names.API)
    meta["labels"].pop(names.VERSION_LABEL, None)  # A release alone does not change the configuration.
    values = {**_application(crm), **_database(crm), **_redis(crm)}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {f"HASTECRM_{key}": value for key, value in sorted(values.items())},
    }


def _application(crm: HasteCRM) -> dict[str, str]:
    public = {"PUBLIC_URL": f"https://{crm.spec.host}"} if crm.spec.host else {}
    return {
        "ENVIRONMENT": "production",
        "LOG_LEVEL": crm.spec.logging.level,
        "APP_PORT": str(names.APP_PORT),
        "PROBE_PORT": str(names.PROBE_PORT),
        "API_URL": f"http://{names.child(crm.metadata.name, names.API)}:{names.APP_PORT}",
        "TRUSTED_PROXIES": _CLUSTER_NETWORKS,
        **public,
    }


def _database(crm: HasteCRM) -> dict[str, str]:
    external, pool = crm.spec.database.external, crm.spec.database.pool
    authority = {"DATABASE_CA_FILE": CA_FILE} if external and external.ca_secret_name else {}
    return {
        "DATABASE_HOST": external.host if external else names.child(crm.metadata.name, names.POSTGRES),
        "DATABASE_PORT": str(external.port if external else names.POSTGRES_PORT),
        "DATABASE_NAME": external.name if external else "hastecrm",
        # The managed server is reached within the cluster only and has no certificate.
        "DATABASE_SSL_MODE": external.ssl_mode if external else "disable",
        "POOL_MIN_SIZE": str(pool.min_size),
        "POOL_MAX_SIZE": str(pool.max_size),
        "STATEMENT_TIMEOUT": pool.statement_timeout,
        **authority,
    }


def _redis(crm: HasteCRM) -> dict[str, str]:
    external = crm.spec.redis.external
    return {
        "REDIS_HOST": external.host if external else names.child(crm.metadata.name, names.REDIS),
        "REDIS_PORT": str(external.port if external else names.REDIS_PORT),
        "REDIS_TLS": "true" if external and external.tls else "false",
    }
