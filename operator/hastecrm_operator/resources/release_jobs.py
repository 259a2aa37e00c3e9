"""The Jobs of a release beside its migration: what it would do, whether it is good, what it may take away."""

import math
from dataclasses import dataclass
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.durations import seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.migration import image_hash
from hastecrm_operator.resources.pod_additions import placed
from hastecrm_operator.resources.pod_numbers import expected_pods
from hastecrm_operator.resources.pods import container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Images, Rendering
from hastecrm_operator.resources.service_accounts import service_account_name

_RESOURCES: Final = resources("50m", "96Mi", "256Mi")
_PLAN_SECONDS: Final = 300
_CONTRACT_SECONDS: Final = 6 * 3600
_SLACK_SECONDS: Final = 60
_TOGETHER_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What one analysis is about: an attempt at a release, or one step of its canary."""

    revision: int
    attempt: str
    step: int = 0
    """Number of the step; 0: the whole rollout."""
    pods: int | None = None
    """New pods that there are beside old ones; None: all that there must be, and no old one in the end."""


def plan_name(crm: HasteCRM, attempt: str) -> str:
    """Return the name of the Job that plans one attempt at a release."""
    return names.child(crm.metadata.name, f"plan-{attempt[:8]}")


def analysis_name(crm: HasteCRM, subject: Subject) -> str:
    """Return the name of the Job that judges one attempt at a release, or one step of its canary."""
    step = f"-{subject.step}" if subject.step else ""
    return names.child(crm.metadata.name, f"{names.ANALYSIS}-{subject.revision}-{subject.attempt[:6]}{step}")


def contract_name(crm: HasteCRM, images: Images) -> str:
    """Return the name of the Job that takes away what only releases before these images need."""
    return names.child(crm.metadata.name, f"{names.CONTRACT}-{image_hash(images.app)}")


def plan_job(crm: HasteCRM, r: Rendering, attempt: str, previous: int | None) -> Manifest:
    """Return the Job that tells what would be migrated; `previous` is the schema of what runs now."""
    known = [] if previous is None else ["--previous", str(previous)]
    arguments = ["migrate", "--plan", *known]
    return _job(crm, r, plan_name(crm, attempt), arguments, deadline=_PLAN_SECONDS, retries=2)


def contract_job(crm: HasteCRM, r: Rendering) -> Manifest:
    """Return the Job that ends what a promoted release has migrated."""
    arguments = ["migrate", "--phase", "contract"]
    return _job(crm, r, contract_name(crm, r.images), arguments, deadline=_CONTRACT_SECONDS, retries=1)


def analysis_job(crm: HasteCRM, r: Rendering, subject: Subject) -> Manifest:
    """Return the Job that tries and measures the new pods of the API until it knows whether they are good.

    It begins with the rollout, while old pods are there to be compared with.
    """
    wanted = crm.spec.release.verify_
    window, progress = seconds(wanted.window), seconds(crm.spec.release.progress_deadline)
    expected = expected_pods(crm) if subject.pods is None else subject.pods
    patience = max(progress, window + _SLACK_SECONDS)
    arguments = [
        "analysis",
        *("--pods", pods_host(crm)),
        *("--release", r.releases[names.API]),
        *("--pods-expected", str(expected)),
        *(["--replacing"] if subject.pods is None else []),
        *("--window", wanted.window),
        *("--max-error-ratio", f"{wanted.max_error_ratio:g}"),
        *("--max-p95", wanted.max_p95),
        "--journey" if wanted.journey else "--no-journey",
        *("--rollout", crm.spec.release.progress_deadline),
        *("--deadline", f"{patience:.0f}s"),
    ]
    # It ends by itself; this is for one that hangs.
    limit = int(progress + patience) + _SLACK_SECONDS
    return _job(crm, r, analysis_name(crm, subject), arguments, deadline=limit, retries=0)


def is_analysed(crm: HasteCRM) -> bool:
    """Whether there is anything to verify, and anybody asks for it."""
    wanted = crm.spec.release.verify_
    return expected_pods(crm) > 0 and (wanted.journey or seconds(wanted.window) > 0)


def overlap_seconds(crm: HasteCRM) -> int:
    """Return how long a new pod of the API is ready before an old one goes; 0 if no release is measured.

    One after the other, that makes ten seconds in which new and old ones serve together: time to see what old
    ones do, and to stop what is bad while they are there.
    """
    if not is_analysed(crm):
        return 0
    return math.ceil(min(_TOGETHER_SECONDS, seconds(crm.spec.release.verify_.window)) / expected_pods(crm))


def pods_host(crm: HasteCRM) -> str:
    """Return the name under which every pod of the API has its address, ready or not."""
    return names.child(crm.metadata.name, f"{names.API}-pods")


def _job(
    crm: HasteCRM, r: Rendering, name: str, arguments: list[str], *, deadline: int, retries: int
) -> Manifest:
    component = names.ANALYSIS if arguments[0] == names.ANALYSIS else names.MIGRATE
    volumes = [scratch("tmp", "/tmp"), *authority(crm, names.MIGRATE)]  # noqa: S108 - a path inside the container
    program = container(
        component,
        r.images.app,
        r,
        volumes,
        args=arguments,
        env=environment(crm, names.MIGRATE),
        envFrom=environment_from(crm),
        **resources_of(_RESOURCES),
    )
    template = pod_template(
        crm,
        component,
        r,
        volumes,
        containers=[program],
        restartPolicy="Never",
        serviceAccountName=service_account_name(crm, names.MIGRATE),
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, name, component),
        "spec": {
            "backoffLimit": retries,
            "activeDeadlineSeconds": deadline,
            "template": placed(template, crm.spec.api.pod_template),
        },
    }
