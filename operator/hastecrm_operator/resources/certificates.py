"""The Secret with the authority and the certificate of the managed stores; no value is ever seen here."""

from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pods import READABLE_BY_GROUP, Volume
from hastecrm_operator.resources.retention import needed_for_the_last_dump

AUTHORITY: Final = "ca.crt"
CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"
FILES: Final = (AUTHORITY, "ca.key", CERTIFICATE, KEY)
PATH: Final = "/run/secrets/hastecrm-tls"


def tls_secret_name(crm: HasteCRM) -> str:
    """Return the name of the Secret."""
    return names.child(crm.metadata.name, names.STORES_TLS)


def server_names(crm: HasteCRM) -> list[str]:
    """Return the DNS names of the managed stores; empty if there are none."""
    managed = {names.POSTGRES: crm.spec.database.managed, names.REDIS: crm.spec.redis.managed}
    services = [names.child(crm.metadata.name, store) for store, chosen in managed.items() if chosen]
    within = crm.metadata.namespace
    domains = ("", f".{within}", f".{within}.svc", f".{within}.svc.cluster.local")
    return [f"{service}{domain}" for service in services for domain in domains]


def tls_secret(crm: HasteCRM, renew_after: str, data: dict[str, str]) -> Manifest:
    """Return the Secret; only the server's pods see its keys, only ca.crt leaves it for others."""
    meta = metadata(crm, tls_secret_name(crm), names.STORES_TLS)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**meta, "annotations": {names.RENEW_AFTER_ANNOTATION: renew_after}},
        "type": "kubernetes.io/tls",
        "data": data,
    }
    return needed_for_the_last_dump(crm, secret)


def server_files(crm: HasteCRM) -> Volume:
    """Return the volume with the server's certificate and key."""
    items = [{"key": key, "path": key} for key in (CERTIFICATE, KEY, AUTHORITY)]
    source = {"secretName": tls_secret_name(crm), "defaultMode": READABLE_BY_GROUP, "items": items}
    return Volume("tls", PATH, {"secret": source}, read_only=True)
