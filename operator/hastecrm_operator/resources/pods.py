"""What all pods have in common. Each satisfies Pod Security `restricted` and may write to /tmp alone."""

from dataclasses import dataclass, field
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import Amounts, Resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, labels
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.service_accounts import service_account_name

UID = 10001
READABLE_BY_GROUP = 0o440


@dataclass(frozen=True)
class Volume:
    """A volume of a pod and where its container sees it."""

    name: str
    path: str
    source: dict[str, Any] = field(default_factory=dict)
    read_only: bool = False

    def mount(self) -> dict[str, Any]:
        """Return the entry of the container."""
        read_only = {"readOnly": True} if self.read_only else {}
        return {"name": self.name, "mountPath": self.path, **read_only}


def scratch(name: str, path: str, size: str = "64Mi") -> Volume:
    """Return an empty volume that lives as long as its pod."""
    return Volume(name, path, {"emptyDir": {"sizeLimit": size}})


def secret_file(name: str, path: str, secret: str, key: str) -> Volume:
    """Return a volume that shows one key of a Secret as a file of the same name."""
    source = {
        "secretName": secret,
        "defaultMode": READABLE_BY_GROUP,
        "items": [{"key": key, "path": key}],
    }
    return Volume(name, path, {"secret": source}, read_only=True)


def secret_files(name: str, path: str, secret: str) -> Volume:
    """Return a volume that shows each key of a Secret as a file of the same name, and follows it."""
    source = {"secretName": secret, "defaultMode": READABLE_BY_GROUP}
    return Volume(name, path, {"secret": source}, read_only=True)


def container(name: str, image: str, r: Rendering, volumes: list[Volume], **more: Any) -> dict[str, Any]:
    """Return a container that can change nothing but its volumes."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": r.images.pull_policy,
        "securityContext": container_security(),
        # What a container says last is the best explanation of why it ended.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [volume.mount() for volume in volumes],
        **more,
    }


def container_security() -> dict[str, Any]:
    """Return what Pod Security `restricted` asks of a container, and a root that nobody writes to."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def pod_template(
    crm: HasteCRM, component: str, r: Rendering, volumes: list[Volume], **spec: Any
) -> dict[str, Any]:
    """Return a pod template with `spec` completed; pods restart when the configuration hash changes."""
    volumes_of_pod = [{"name": v.name, **v.source} for v in volumes if v.source]
    pull_secrets = [{"name": name} for name in r.images.pull_secrets]
    hashes = {
        names.CONFIG_HASH_ANNOTATION: r.config_hash,
        names.CREDENTIALS: r.credentials,
        names.RELEASE_ANNOTATION: r.releases.get(component, ""),
    }
    annotations = {key: value for key, value in hashes.items() if value}
    return {
        "metadata": {
            "labels": labels(crm, component),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": {
            "serviceAccountName": service_account_name(crm, component),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": _pod_security(),
            "volumes": volumes_of_pod,
            **({"imagePullSecrets": pull_secrets} if pull_secrets else {}),
            **spec,
        },
    }


def resources_of(resources: Resources) -> Manifest:
    """Return a container's `resources`, as a part of the container; nothing if there are none."""
    amounts = {"requests": _amounts(resources.requests), "limits": _amounts(resources.limits)}
    present = {key: value for key, value in amounts.items() if value}
    return {"resources": present} if present else {}


def _amounts(amounts: Amounts | None) -> dict[str, str]:
    return amounts.model_dump(by_alias=True, exclude_none=True) if amounts else {}


def _pod_security() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": UID,
        "runAsGroup": UID,
        "fsGroup": UID,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
