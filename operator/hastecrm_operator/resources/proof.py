"""The Job that signs in as the announced users of the stores, until each of them is let in."""

import hashlib
from collections.abc import Mapping
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pods import container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.rotation import Mark
from hastecrm_operator.resources.secrets import OTHER_PASSWORD, OTHER_USERNAME, database_secret
from hastecrm_operator.resources.service_accounts import service_account_name

_RESOURCES = resources("10m", "16Mi", "64Mi")
_DEADLINE_SECONDS = 900
# The kubelet shows a changed Secret to a running server after about a minute.
_POSTGRES = "until psql -X -q -c 'SELECT 1'; do sleep 2; done"
_REDIS = 'until [ "$(redis-cli --no-auth-warning --user "$NAME" -h "$HOST" ping)" = PONG ]; do sleep 2; done'


def proof_name(crm: HasteCRM, announced: Mapping[str, Mark]) -> str:
    """Return the name of the Job that proves what these Secrets announce."""
    announcement = repr(sorted((name, mark.since) for name, mark in announced.items()))
    return names.child(
        crm.metadata.name, f"{names.PROOF}-{hashlib.sha256(announcement.encode()).hexdigest()[:8]}"
    )


def proof_job(crm: HasteCRM, r: Rendering, announced: Mapping[str, Mark]) -> Manifest:
    """Return the Job that succeeds once every announced user has signed in."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, proof_name(crm, announced), names.PROOF),
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": _DEADLINE_SECONDS,
            "template": pod_template(
                crm,
                names.PROOF,
                r,
                [scratch("tmp", "/tmp")],  # noqa: S108 - a path inside the container
                containers=[_container(crm, r, secret) for secret in sorted(announced)],
                restartPolicy="Never",
                serviceAccountName=service_account_name(crm, names.MIGRATE),
            ),
        },
    }


def _container(crm: HasteCRM, r: Rendering, secret: str) -> dict[str, Any]:
    user, password = _value(secret, OTHER_USERNAME), _value(secret, OTHER_PASSWORD)
    if secret == database_secret(crm):
        server = {"PGHOST": names.child(crm.metadata.name, names.POSTGRES), "PGDATABASE": "hastecrm"}
        own = {"PGUSER": user, "PGPASSWORD": password, "PGCONNECT_TIMEOUT": {"value": "3"}}
        name, image, command = names.POSTGRES, r.images.postgres, _POSTGRES
    else:
        server = {"HOST": names.child(crm.metadata.name, names.REDIS)}
        own = {"NAME": user, "REDISCLI_AUTH": password}
        name, image, command = names.REDIS, r.images.redis, _REDIS
    environment = {**{key: {"value": value} for key, value in server.items()}, **own}
    return container(
        name,
        image,
        r,
        [scratch("tmp", "/tmp")],  # noqa: S108
        command=["sh", "-c", command],
        env=[{"name": key, **value} for key, value in environment.items()],
        **resources_of(_RESOURCES),
    )


def _value(secret: str, key: str) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
