"""What manifests depend on beside the object itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hastecrm_operator.api.hastecrm import HasteCRM

_POSTGRES = "postgres:15-2"
_REDIS = "redis:7-2"


@dataclass(frozen=True)
class Images:
    """Which images to run, and how nodes get them."""

    app: str
    postgres: str
    redis: str
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rendering:
    """The images, and a hash of the configuration: pods restart when it changes."""

    images: Images
    config_hash: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Where the configuration comes from, as name -> hash: Secrets, those of users among them."""
    credentials: str = ""
    """Hash of the generated values that pods read."""
    releases: Mapping[str, str] = field(default_factory=dict)
    """Hash of the release that pods are of, by component."""
    asleep: bool = False
    """Whether no pod should run."""


def images_for(crm: HasteCRM, repository: str) -> Images:
    """Return the images of `crm`: what the spec names, else the release's in `repository`."""
    chosen = crm.spec.images
    return Images(
        app=chosen.app or f"{repository}/app:{crm.spec.version}",
        postgres=chosen.postgres or f"{repository}/{_POSTGRES}",
        redis=chosen.redis or f"{repository}/{_REDIS}",
        pull_policy=chosen.pull_policy,
        pull_secrets=tuple(secret.name for secret in chosen.pull_secrets),
    )
