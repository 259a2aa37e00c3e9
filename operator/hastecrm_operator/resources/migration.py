"""The Job that brings the database schema to the wanted release."""

import hashlib

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pod_additions import placed
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Images, Rendering

_RESOURCES = resources("50m", "96Mi", "256Mi")
_DEADLINE_SECONDS = 1800
# Whoever lets the API start with settings that it would refuse wants the same of its migration.
_CONFIG_CHECK = "HASTECRM_CONFIG_CHECK"


def migration_name(crm: HasteCRM, images: Images) -> str:
    """Return the name of the Job that migrates to these images."""
    return names.child(crm.metadata.name, f"{names.MIGRATE}-{image_hash(images.app)}")


def migration_job(crm: HasteCRM, r: Rendering, *, expand: bool = False) -> Manifest:
    """Return the migration of the wanted image; each image has a Job of its own name.

    With `expand` it takes nothing away that the release before needs.
    It has no time to live: its success is what allows the application to start.
    """
    name = migration_name(crm, r.images)
    volumes = [scratch("tmp", "/tmp"), *authority(crm, names.MIGRATE)]  # noqa: S108 - a path inside the container
    template = pod_template(
        crm,
        names.MIGRATE,
        r,
        volumes,
        containers=[_container(crm, r, volumes, expand=expand)],
        restartPolicy="Never",
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, name, names.MIGRATE),
        "spec": {
            "backoffLimit": 1,  # the migration itself waits for the database; a second failure is no accident
            "activeDeadlineSeconds": _DEADLINE_SECONDS,
            "template": placed(template, crm.spec.api.pod_template),
        },
    }


def _container(crm: HasteCRM, r: Rendering, volumes: list[Volume], *, expand: bool) -> Manifest:
    return container(
        names.MIGRATE,
        r.images.app,
        r,
        volumes,
        args=["migrate", *(["--phase", "expand"] if expand else [])],
        env=environment(crm, names.MIGRATE, [v for v in crm.spec.api.env if v.name == _CONFIG_CHECK]),
        envFrom=environment_from(crm),
        **resources_of(_RESOURCES),
    )


def image_hash(image: str) -> str:
    """Return a short hash of an image, as a part of names."""
    return hashlib.sha256(image.encode()).hexdigest()[:8]
