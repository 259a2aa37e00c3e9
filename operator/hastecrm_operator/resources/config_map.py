"""The application's configuration as environment variables, without anything secret."""

from hastecrm_operator.api import names
from hastecrm_operator.api.durations import long_seconds, seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.cloud_native_pg import primary_service
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.public_url import public_url

# Where pods and nodes have their addresses, in nearly all clusters: ingress controllers and our own web tier
# ask from there. What they say about clients is used for limits and logs only.
_PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
DATABASE_CA_FILE = "/run/secrets/hastecrm-ca/ca.crt"
REDIS_CA_FILE = "/run/secrets/hastecrm-redis-ca/ca.crt"
MAIL_CA_FILE = "/run/secrets/hastecrm-mail-ca/ca.crt"
OPENID_DIRECTORY = "/run/secrets/hastecrm-openid"
_DAY = 86400
_SESSION_DAYS = 30


def config_map_name(crm: HasteCRM) -> str:
    """Return the name of the ConfigMap that all application pods read."""
    return names.child(crm.metadata.name, names.CONFIG)


def config_map(crm: HasteCRM) -> Manifest:
    """Return the ConfigMap with the non-secret HASTECRM_ variables."""
    meta = metadata(crm, config_map_name(crm), names.API)
    meta["labels"].pop(names.VERSION_LABEL, None)  # A release alone does not change the configuration.
    parts = (_application, _database, _redis, _identity, _mail, _protection)
    values = {key: value for part in parts for key, value in part(crm).items()}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {f"HASTECRM_{key}": value for key, value in sorted(values.items())},
    }


def _application(crm: HasteCRM) -> dict[str, str]:
    url = public_url(crm)
    return {
        "ENVIRONMENT": "production",
        "LOG_LEVEL": crm.spec.logging.level,
        "APP_PORT": str(names.APP_PORT),
        "PROBE_PORT": str(names.PROBE_PORT),
        "API_URL": f"http://{names.child(crm.metadata.name, names.API)}:{names.APP_PORT}",
        **({"PUBLIC_URL": url} if url else {}),
    }


def _database(crm: HasteCRM) -> dict[str, str]:
    external, pool = crm.spec.database.external, crm.spec.database.pool
    own = names.child(crm.metadata.name, names.POSTGRES)
    service = primary_service(crm) if crm.spec.database.cloud_native_pg else own
    has_authority = external is None or external.ca_secret_name is not None
    authority = {"DATABASE_CA_FILE": DATABASE_CA_FILE} if has_authority else {}
    return {
        "DATABASE_HOST": external.host if external else service,
        "DATABASE_PORT": str(external.port if external else names.POSTGRES_PORT),
        "DATABASE_NAME": external.name if external else "hastecrm",
        "DATABASE_SSL_MODE": external.ssl_mode if external else "verify-full",
        "POOL_MIN_SIZE": str(pool.min_size),
        "POOL_MAX_SIZE": str(pool.max_size),
        "STATEMENT_TIMEOUT": pool.statement_timeout,
        **authority,
    }


def _redis(crm: HasteCRM) -> dict[str, str]:
    external = crm.spec.redis.external
    authority = {"REDIS_CA_FILE": REDIS_CA_FILE} if external and external.ca_secret_name else {}
    return {
        "REDIS_HOST": external.host if external else names.child(crm.metadata.name, names.REDIS),
        "REDIS_PORT": str(external.port if external else names.REDIS_PORT),
        "REDIS_TLS": "true" if external and external.tls else "false",
        **authority,
    }


def _identity(crm: HasteCRM) -> dict[str, str]:
    auth = crm.spec.auth
    idle = long_seconds(auth.refresh_token_ttl)
    signup = {"SIGNUP": auth.signup} if auth.signup == "open" else {}
    providers = {"OPENID_DIRECTORY": OPENID_DIRECTORY} if auth.oauth else {}
    return {
        "TOKEN_LIFETIME": f"{seconds(auth.access_token_ttl):g}",
        "SESSION_IDLE": str(idle),
        "SESSION_DAYS": str(max(_SESSION_DAYS, -(-idle // _DAY))),  # whole days, rounded up
        "EMAIL_VERIFICATION": "true" if auth.email_verification else "false",
        **signup,
        **providers,
    }


def _mail(crm: HasteCRM) -> dict[str, str]:
    mail = crm.spec.mail
    if mail is None:
        return {}
    authority = {"MAIL_CA_FILE": MAIL_CA_FILE} if mail.ca_secret_name else {}
    return {
        "MAIL_HOST": mail.host,
        "MAIL_PORT": str(mail.port),
        "MAIL_FROM": mail.sender,
        "MAIL_TLS": mail.tls,
        **authority,
    }


def _protection(crm: HasteCRM) -> dict[str, str]:
    security = crm.spec.security
    limits = security.rate_limits
    origins = {"CORS_ORIGINS": ",".join(security.cors_origins)} if security.cors_origins else {}
    return {
        "TRUSTED_PROXIES": ",".join(security.trusted_proxies or _PRIVATE_NETWORKS),
        "RATE_LIMIT_API": limits.api,
        "RATE_LIMIT_AUTH": limits.auth,
        "RATE_LIMIT_BURST": str(limits.burst),
        **origins,
    }
