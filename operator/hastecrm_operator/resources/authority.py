"""The certificate authorities that the database and the cache are checked against."""

from pathlib import PurePosixPath

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.certificates import tls_secret_name
from hastecrm_operator.resources.cloud_native_pg import authority_secret
from hastecrm_operator.resources.config_map import DATABASE_CA_FILE, REDIS_CA_FILE
from hastecrm_operator.resources.pods import Volume, secret_file

_USE_REDIS = (names.API, names.WORKER, names.CHECK)


def authority(crm: HasteCRM, component: str) -> list[Volume]:
    """Return the volumes with the authorities of those stores that `component` uses."""
    return [*_of_database(crm, component), *_of_redis(crm, component)]


def _of_database(crm: HasteCRM, component: str) -> list[Volume]:
    database = crm.spec.database
    if database.external:
        secret = database.external.ca_secret_name
    else:
        secret = tls_secret_name(crm) if database.managed else authority_secret(crm)
    return [_file("database-ca", DATABASE_CA_FILE, secret)] if secret and component != names.WEB else []


def _of_redis(crm: HasteCRM, component: str) -> list[Volume]:
    external = crm.spec.redis.external
    secret = external.ca_secret_name if external else None
    return [_file("redis-ca", REDIS_CA_FILE, secret)] if secret and component in _USE_REDIS else []


def _file(name: str, file: str, secret: str) -> Volume:
    path = PurePosixPath(file)
    return secret_file(name, str(path.parent), secret, path.name)
