"""The three tiers of the application: api, web and worker."""

from pydantic import Field, field_validator

from hastecrm_operator.api.computing import Resources, resources
from hastecrm_operator.api.environment import EnvVar
from hastecrm_operator.api.model import Model


class Probe(Model):
    """How often and how patiently a container is asked; what is left out keeps its default."""

    period_seconds: int | None = Field(None, ge=1, le=300, description="Seconds between two questions.")
    timeout_seconds: int | None = Field(None, ge=1, le=60, description="Seconds to wait for an answer.")
    failure_threshold: int | None = Field(None, ge=1, le=1000, description="Failures in a row that count.")


class Probes(Model):
    """The three probes of a tier; their paths and port belong to the image."""

    startup: Probe = Field(
        Probe(),
        description="Holds the other probes back until the container has started. "
        "Default: every 1 s, 3 s timeout, 60 failures.",
    )
    liveness: Probe = Field(
        Probe(),
        description="Restarts a container that hangs. Default: every 10 s, 3 s timeout, 3 failures.",
    )
    readiness: Probe = Field(
        Probe(),
        description="Takes a pod out of its Service. Default: every 5 s, 3 s timeout, 2 failures.",
    )


class Tier(Model):
    """What the three tiers have in common."""

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods.")
    resources: Resources | None = Field(None, description="What each container asks for and may use.")
    env: tuple[EnvVar, ...] = Field(
        (),
        max_length=100,
        description="More environment variables; they win over those that the operator sets.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    probes: Probes = Field(Probes(), description="How the containers are asked for their health.")

    @field_validator("env")
    @classmethod
    def _names_differ(cls, env: tuple[EnvVar, ...]) -> tuple[EnvVar, ...]:
        names = [variable.name for variable in env]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"environment variable {twice!r} is given twice")
        return env


class APISpec(Tier):
    """The tier that answers REST requests."""

    replicas: int = Field(2, ge=0, le=1000, description="Number of pods. Default: 2.")
    resources: Resources = Field(
        resources("100m", "128Mi", "256Mi"),
        description="What each container asks for and may use. "
        "Default: requests 100m CPU and 128Mi, limit 256Mi.",
    )


class WebSpec(Tier):
    """The tier that serves pages to browsers."""

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods. Default: 1.")
    resources: Resources = Field(
        resources("50m", "96Mi", "192Mi"),
        description="What each container asks for and may use. "
        "Default: requests 50m CPU and 96Mi, limit 192Mi.",
    )


class WorkerSpec(Tier):
    """The tier that works in the background."""

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods. Default: 1.")
    resources: Resources = Field(
        resources("50m", "96Mi", "256Mi"),
        description="What each container asks for and may use. "
        "Default: requests 50m CPU and 96Mi, limit 256Mi.",
    )
