"""What may reach the application and how often, and when its credentials change."""

from typing import Final, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from hastecrm_operator.api.durations import LongDuration, long_seconds
from hastecrm_operator.api.lists import Distinct
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.networks import CIDR
from hastecrm_operator.api.texts import AnnotationValue, Origin, Rate


class RateLimits(Model):
    """How often one client may ask."""

    api: Rate = Field("20r/s", description="Requests of one client to the API, or off. Default: 20r/s.")
    auth: Rate = Field("10r/m", description="Attempts of one client to sign in, or off. Default: 10r/m.")
    burst: int = Field(60, ge=1, le=10000, description="Requests that may come at once. Default: 60.")


class Egress(Model):
    """A destination that pods of the application may call."""

    cidr: CIDR = Field(description="Network of the destination. Example: 203.0.113.0/24.")
    port: int = Field(443, ge=1, le=65535, description="TCP port of the destination. Default: 443.")


_ANYBODY: Final = (
    "security.trustedProxies must not hold a network of /0: every client could claim any address, past all "
    "limits; name the networks of your own proxies"
)


class SecuritySpec(Model):
    """What may reach the application, and what it may reach."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("!has(self.trustedProxies) || self.trustedProxies.all(n, !n.endsWith('/0'))", _ANYBODY)
        )
    )

    cors_origins: Distinct[Origin] = Field(
        (),
        max_length=50,
        description="Origins whose pages may call the API with credentials; * is refused. "
        "Example: [https://portal.example.com].",
    )
    rate_limits: RateLimits = Field(RateLimits(), description="How often one client may ask.")
    trusted_proxies: Distinct[CIDR] = Field(
        (),
        max_length=50,
        description="Networks of the proxies that tell a client's address. Default: the private networks. "
        "Example: [10.0.0.0/8].",
    )
    network_policy: bool = Field(
        True,
        description="Whether pods may only talk as they must (NetworkPolicies, default deny). Default: true.",
    )
    egress: tuple[Egress, ...] = Field(
        (),
        max_length=50,
        description="What pods of the application may call beside the database, the cache, the mail "
        "server and "
        "the sign-in providers.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )

    @model_validator(mode="after")
    def _proxies_are_few(self) -> Self:
        if any(network.endswith("/0") for network in self.trusted_proxies):
            raise ValueError(_ANYBODY)
        return self


_OFTEN: Final = "credentials.rotateEvery must not be less than 1h"


class CredentialsSpec(Model):
    """When generated credentials change: those of the managed database and cache, and signing keys."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("!has(self.rotateEvery) || !self.rotateEvery.matches('^0*[1-5]?[0-9]m$')", _OFTEN)
        )
    )

    rotate_every: LongDuration | None = Field(
        None,
        description="Age at which credentials are replaced, without downtime; without it only on demand. "
        "Example: 90d.",
    )

    @model_validator(mode="after")
    def _not_too_often(self) -> Self:
        if self.rotate_every and long_seconds(self.rotate_every) < 3600:
            raise ValueError(_OFTEN)
        return self


_OUR_LABELS: Final = "monitoring.labels must not begin with app.kubernetes.io/: these the operator sets"


class MonitoringSpec(Model):
    """What is made for Prometheus and Grafana."""

    pod_monitor: bool = Field(
        False, description="Whether a PodMonitor is made; needs the Prometheus operator. Default: false."
    )
    alerts: bool = Field(
        False,
        description="Whether a PrometheusRule with alerts is made; needs the Prometheus operator. "
        "Default: false.",
    )
    dashboard: bool = Field(
        False,
        description="Whether a ConfigMap with a dashboard is made that Grafana's sidecar finds. Default: "
        "false.",
    )
    labels: dict[str, AnnotationValue] = Field(
        {},
        max_length=16,
        description="Labels that your Prometheus and Grafana select these objects by. Example: {release: "
        "prometheus}.",
        json_schema_extra=rules(
            rule("!self.exists(k, k.startsWith('app.kubernetes.io/'))", _OUR_LABELS),
        ),
    )

    @field_validator("labels")
    @classmethod
    def _not_ours(cls, labels: dict[str, str]) -> dict[str, str]:
        if any(key.startswith("app.kubernetes.io/") for key in labels):
            raise ValueError(_OUR_LABELS)
        return labels
