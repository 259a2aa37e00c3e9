"""The Ingress: how the public reaches the web and API tiers through an ingress controller."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.access import TLS, IngressAccess
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.deployments import HTTP
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.public_paths import PUBLIC_PATHS, PublicPath

_COMPONENT = "access"


def ingress(crm: HasteCRM) -> list[Manifest]:
    """Return the Ingress; nothing if the object asks for none."""
    asked = crm.spec.access.ingress if crm.spec.access else None
    if asked is None or crm.spec.host is None:
        return []
    paths = [_path(crm, public) for public in PUBLIC_PATHS]
    secret = certificate_secret(crm)
    annotations = {**asked.annotations, **_issuer(asked)}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                **metadata(crm, crm.metadata.name, _COMPONENT),
                **({"annotations": annotations} if annotations else {}),
            },
            "spec": {
                **({"ingressClassName": asked.class_name} if asked.class_name else {}),
                "rules": [{"host": crm.spec.host, "http": {"paths": paths}}],
                **({"tls": [{"hosts": [crm.spec.host], "secretName": secret}]} if secret else {}),
            },
        }
    ]


def certificate_secret(crm: HasteCRM) -> str | None:
    """Return the name of the Secret with the certificate; None if the Ingress itself speaks no TLS."""
    tls = _tls(crm)
    if tls is None or tls.offloaded:
        return None
    return tls.secret_name or names.child(crm.metadata.name, "tls")


def _tls(crm: HasteCRM) -> TLS | None:
    asked = crm.spec.access.ingress if crm.spec.access else None
    return asked.tls if asked else None


def _issuer(asked: IngressAccess) -> dict[str, str]:
    issuer = asked.tls.issuer_ref if asked.tls else None
    if issuer is None:
        return {}
    kind = "cluster-issuer" if issuer.kind == "ClusterIssuer" else "issuer"
    return {f"cert-manager.io/{kind}": issuer.name}


def _path(crm: HasteCRM, public: PublicPath) -> dict[str, Any]:
    service = names.child(crm.metadata.name, public.component)
    return {
        "path": public.path,
        "pathType": "Exact" if public.exact else "Prefix",
        "backend": {"service": {"name": service, "port": {"name": HTTP}}},
    }
