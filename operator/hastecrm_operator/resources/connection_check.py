"""The Job that tries whether an external store can be used, and says in one word why not."""

import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pod_additions import placed
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.service_accounts import service_account_name

STORES: Final = (names.DATABASE, names.REDIS)
_RESOURCES = resources("20m", "64Mi", "192Mi")
_RESTARTS = 1_000_000  # the kubelet tries again after 10 s, 20 s, … and at last every 5 minutes, for ever


def is_check(crm: HasteCRM, job: str) -> bool:
    """Whether a Job of `crm` is a connection check."""
    return job.startswith(names.child(crm.metadata.name, f"{names.CHECK}-"))


def check_job(crm: HasteCRM, r: Rendering, store: str, secrets: Mapping[str, str]) -> Manifest:
    """Return the check of `store`, one of STORES; each way to connect has a Job of its own name.

    `secrets` has the identity of each Secret that the spec names for it, by field path.
    """
    name = names.child(crm.metadata.name, f"{names.CHECK}-{_connection_hash(crm, store, secrets)}")
    volumes = [scratch("tmp", "/tmp"), *_authority(crm, store)]  # noqa: S108 - a path inside the container
    template = pod_template(
        crm,
        names.CHECK,
        r,
        volumes,
        containers=[_container(crm, r, store, volumes)],
        restartPolicy="OnFailure",
        serviceAccountName=service_account_name(crm, names.MIGRATE),
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, name, names.CHECK),
        "spec": {
            "backoffLimit": _RESTARTS,
            "template": placed(template, crm.spec.api.pod_template),
        },
    }


def _container(crm: HasteCRM, r: Rendering, store: str, volumes: list[Volume]) -> Manifest:
    secrets = environment(crm, f"{names.CHECK}-{store}")
    return container(
        names.CHECK,
        r.images.app,
        r,
        volumes,
        args=["check-connections", store],
        envFrom=environment_from(crm),
        **({"env": secrets} if secrets else {}),
        **resources_of(_RESOURCES),
    )


def _authority(crm: HasteCRM, store: str) -> list[Volume]:
    return [volume for volume in authority(crm, names.CHECK) if volume.name == f"{store}-ca"]


def _connection_hash(crm: HasteCRM, store: str, secrets: Mapping[str, str]) -> str:
    prefix = f"HASTECRM_{store.upper()}_"
    settings = {key: value for key, value in config_map(crm)["data"].items() if key.startswith(prefix)}
    inputs = orjson.dumps([settings, secrets], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(inputs).hexdigest()[:8]
