"""The three tiers of the application: api, web and worker."""

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.autoscaling import Autoscaling, measurable, replicas_are_left_alone, unmeasurable
from hastecrm_operator.api.computing import Resources
from hastecrm_operator.api.environment import EnvVar
from hastecrm_operator.api.lists import Named
from hastecrm_operator.api.model import Model, rules
from hastecrm_operator.api.pod_template import PodTemplate


class Probe(Model):
    """How often and how patiently a container is asked; what is left out keeps its default."""

    period_seconds: int | None = Field(
        None, ge=1, le=300, description="Seconds between two questions. Example: 10."
    )
    timeout_seconds: int | None = Field(
        None, ge=1, le=60, description="Seconds to wait for an answer. Example: 3."
    )
    failure_threshold: int | None = Field(
        None, ge=1, le=1000, description="Failures in a row that count. Example: 3."
    )


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


def _rules_of(replicas: int) -> dict[str, Any]:
    return rules(measurable("cpu"), measurable("memory"), replicas_are_left_alone(replicas))


class Tier(Model):
    """What the three tiers have in common."""

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods.")
    autoscaling: Autoscaling | None = Field(
        None, description="A HorizontalPodAutoscaler decides the number of pods; without it `replicas` does."
    )
    resources: Resources | None = Field(
        None, description="What each container asks for and may use. Default: that of `spec.size`."
    )
    env: Named[EnvVar] = Field(
        (),
        max_length=100,
        description="More environment variables; they win over those that the operator sets.",
    )
    probes: Probes = Field(Probes(), description="How the containers are asked for their health.")
    pod_template: PodTemplate | None = Field(None, description="Additions to the pods.")

    @model_validator(mode="after")
    def _load_is_measurable(self) -> Self:
        if self.autoscaling and (missing := unmeasurable(self.autoscaling, self.resources)):
            raise ValueError(missing)
        return self


class APISpec(Tier):
    """The tier that answers REST requests."""

    model_config = ConfigDict(json_schema_extra=_rules_of(replicas=2))

    replicas: int = Field(2, ge=0, le=1000, description="Number of pods. Default: 2.")


class WebSpec(Tier):
    """The tier that serves pages to browsers."""

    model_config = ConfigDict(json_schema_extra=_rules_of(replicas=1))

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods. Default: 1.")


class WorkerSpec(Tier):
    """The tier that works in the background."""

    model_config = ConfigDict(json_schema_extra=_rules_of(replicas=1))

    replicas: int = Field(1, ge=0, le=1000, description="Number of pods. Default: 1.")
