"""The address under which people reach the CRM."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM


def public_url(crm: HasteCRM) -> str | None:
    """Return the address of the public name; None without one."""
    return f"{_scheme(crm)}://{crm.spec.host}" if crm.spec.host else None


def endpoint(crm: HasteCRM) -> str:
    """Return the address to try first: the public one, or that of the Service within the cluster."""
    service = names.child(crm.metadata.name, names.WEB)
    return public_url(crm) or f"http://{service}.{crm.metadata.namespace}.svc:{names.APP_PORT}"


def _scheme(crm: HasteCRM) -> str:
    # A Gateway and whatever serves a host without our help are taken to speak TLS: the application wants it.
    ingress = crm.spec.access.ingress if crm.spec.access else None
    return "http" if ingress and ingress.tls is None else "https"
