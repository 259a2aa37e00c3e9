"""How the public reaches the CRM."""

from hastecrm_operator.api.conditions import ACCESS_READY
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Access, References
from hastecrm_operator.engine.errors import NotFoundError, Stalled, Waiting
from hastecrm_operator.engine.exposure import IngressState
from hastecrm_operator.engine.kinds import INGRESS, INGRESS_CLASS, SECRET
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.http_route import http_route
from hastecrm_operator.resources.ingress import certificate_secret, ingress
from hastecrm_operator.resources.public_url import public_url

_POLL = 10.0  # seconds; neither classes nor other people's Secrets are watched
_KEYS = ("tls.crt", "tls.key")
# Whoever sets one of these knows what they do.
_ALLOWS_HTTP = {"HASTECRM_CONFIG_CHECK", "HASTECRM_PUBLIC_URL"}


async def apply_access(scope: Scope) -> None:
    """Make the Ingress or HTTPRoute that the object asks for, and check what it refers to."""
    await scope.ensure(*ingress(scope.crm), *http_route(scope.crm))
    _check_scheme(scope.crm)
    await _check_class(scope)
    await _check_certificate(scope)


def _check_scheme(crm: HasteCRM) -> None:
    url = public_url(crm)
    if url is None or url.startswith("https:"):
        return
    tiers = {"api": crm.spec.api, "web": crm.spec.web, "worker": crm.spec.worker}
    refusing = [name for name, tier in tiers.items() if not _ALLOWS_HTTP & {v.name for v in tier.env}]
    if refusing:
        message = (
            f"{url} is plain HTTP, with which the application does not start in production: set "
            "spec.access.ingress.tls, or HASTECRM_CONFIG_CHECK: warn in the env of "
            + ", ".join(f"spec.{name}" for name in refusing)
        )
        raise Stalled(ACCESS_READY, Access.PLAIN_HTTP, message)


async def _check_class(scope: Scope) -> None:
    access = scope.crm.spec.access
    name = access.ingress.class_name if access and access.ingress else None
    live = scope.children.get(INGRESS, scope.key.namespace, scope.key.name)
    answered = live is not None and isinstance(live.facts, IngressState) and live.facts.address
    if name is None or answered:
        return
    try:
        await scope.foreign.get(INGRESS_CLASS, "", name)
    except NotFoundError:
        where = f"spec.access.ingress.className names IngressClass {name!r}, which does not exist"
        message = f"{where}; name one of `kubectl get ingressclass`, or install the controller"
        raise Waiting(ACCESS_READY, Access.INGRESS_CLASS_NOT_FOUND, message, retry_after=_POLL) from None


async def _check_certificate(scope: Scope) -> None:
    name = certificate_secret(scope.crm)
    if name is None:
        return
    try:
        live = await scope.foreign.get(SECRET, scope.key.namespace, name)
    except NotFoundError:
        raise _without_certificate(scope, name) from None
    missing = [key for key in _KEYS if key not in (live.get("data") or {})]
    if missing:
        message = (
            f"Secret {name!r} lacks the key {', '.join(missing)}; make it with `kubectl create secret tls`"
        )
        raise Waiting(ACCESS_READY, References.SECRET_KEY_MISSING, message, retry_after=_POLL)


def _without_certificate(scope: Scope, name: str) -> Waiting:
    access = scope.crm.spec.access
    issuer = access.ingress.tls.issuer_ref if access and access.ingress and access.ingress.tls else None
    if issuer:
        message = (
            f"cert-manager has not stored the certificate in Secret {name!r} yet; if this lasts, see "
            f"`kubectl describe certificate {name}` and {issuer.kind} {issuer.name!r}"
        )
        return Waiting(ACCESS_READY, Access.WAITING_FOR_CERTIFICATE, message)
    where = f"spec.access.ingress.tls.secretName names Secret {name!r}"
    message = (
        f"{where}, which does not exist in namespace {scope.key.namespace}; "
        f"make it with `kubectl create secret tls {name} --cert=… --key=…`"
    )
    return Waiting(ACCESS_READY, References.SECRET_NOT_FOUND, message, retry_after=_POLL)
