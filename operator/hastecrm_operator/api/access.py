"""How the public reaches the web tier: an Ingress or a route of the Gateway API."""

from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.texts import AnnotationValue, ObjectName

_ONE_TLS: Final = "tls needs exactly one of secretName, issuerRef and offloaded: true"


class Issuer(Model):
    """An issuer of cert-manager."""

    kind: Literal["ClusterIssuer", "Issuer"] = Field(
        "ClusterIssuer", description="Kind of the issuer. Default: ClusterIssuer."
    )
    name: ObjectName = Field(description="Name of the issuer. Example: letsencrypt.")


class TLS(Model):
    """Where the certificate of the public name comes from; exactly one of the three."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.secretName), has(self.issuerRef), self.offloaded].filter(x, x).size() == 1",
                _ONE_TLS,
            )
        )
    )

    secret_name: ObjectName | None = Field(
        None, description="Secret with the keys `tls.crt` and `tls.key`. Example: crm-tls."
    )
    issuer_ref: Issuer | None = Field(None, description="Issuer of cert-manager that makes and renews it.")
    offloaded: bool = Field(
        False,
        description="Whether a load balancer before the Ingress ends TLS and has the certificate. "
        "Default: false.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if [self.secret_name is not None, self.issuer_ref is not None, self.offloaded].count(True) != 1:
            raise ValueError(_ONE_TLS)
        return self


class IngressAccess(Model):
    """An Ingress for `host`."""

    class_name: ObjectName | None = Field(
        None, description="IngressClass; without it the cluster's default. Example: nginx."
    )
    annotations: dict[str, AnnotationValue] = Field(
        {},
        max_length=50,
        description="Annotations for the controller. Example: "
        "{nginx.ingress.kubernetes.io/proxy-body-size: 8m}.",
    )
    tls: TLS | None = Field(
        None,
        description="The certificate; without it people come by plain HTTP, which the application refuses "
        "in production unless HASTECRM_CONFIG_CHECK is warn.",
    )


class GatewayParent(Model):
    """A Gateway that carries the route."""

    name: ObjectName = Field(description="Name of the Gateway. Example: public.")
    namespace: ObjectName | None = Field(
        None, description="Namespace of the Gateway. Default: the object's own."
    )
    section_name: ObjectName | None = Field(
        None, description="Listener of the Gateway; without it all that fit. Example: https."
    )


class GatewayAccess(Model):
    """An HTTPRoute for `host`; TLS is the Gateway's."""

    parent_refs: tuple[GatewayParent, ...] = Field(
        min_length=1,
        max_length=16,
        description="Gateways that carry the route.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )


_ONE_WAY: Final = "access needs exactly one of ingress and gateway"


class AccessSpec(Model):
    """Exactly one of ingress and gateway."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("has(self.ingress) != has(self.gateway)", _ONE_WAY))
    )

    ingress: IngressAccess | None = Field(None, description="An Ingress.")
    gateway: GatewayAccess | None = Field(None, description="A route of the Gateway API.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.ingress is None) == (self.gateway is None):
            raise ValueError(_ONE_WAY)
        return self
