"""What goes with its object and what stays, under each deletion policy."""

from typing import Any

import pytest
from tests.factories.crm import crm, manifests

BACKUP = {"destination": {"volume": {"size": "1Gi"}}}
POLICIES = {
    "Retain": {},
    "Delete": {"deletionPolicy": "Delete"},
    "BackupThenDelete": {"deletionPolicy": "BackupThenDelete", "backup": BACKUP},
}


def ownerless(**spec: Any) -> set[str]:
    made = manifests(crm(**spec))
    return {f"{m['kind']}/{m['metadata']['name']}" for m in made if "ownerReferences" not in m["metadata"]}


SECRETS = {"Secret/acme-keys", "Secret/acme-database", "Secret/acme-redis"}
DUMPS = {"PersistentVolumeClaim/acme-backup"}
DATABASE = {
    f"{kind}/acme-postgres" for kind in ("StatefulSet", "Service", "ServiceAccount", "PodDisruptionBudget")
} | {"Secret/acme-stores-tls"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("Retain", SECRETS), ("Delete", set()), ("BackupThenDelete", SECRETS | DATABASE | DUMPS)],
)
def test_what_must_outlive_its_object_has_no_owner(policy: str, expected: set[str]):
    assert ownerless(**POLICIES[policy]) == expected


@pytest.mark.parametrize(
    ("policy", "expected"), [("Retain", "Retain"), ("Delete", "Delete"), ("BackupThenDelete", "Retain")]
)
def test_volumes_outlive_their_server_unless_the_policy_is_delete(policy: str, expected: str):
    sets = [m for m in manifests(crm(**POLICIES[policy])) if m["kind"] == "StatefulSet"]

    retentions = [s["spec"]["persistentVolumeClaimRetentionPolicy"] for s in sets]
    assert retentions == [{"whenDeleted": expected, "whenScaled": "Retain"}] * 2


def test_the_policy_changes_no_pod():
    def templates(policy: str) -> list[Any]:
        made = manifests(crm(**POLICIES[policy]))
        return [m["spec"]["template"] for m in made if m["kind"] in {"Deployment", "StatefulSet"}]

    assert templates("Retain") == templates("Delete") == templates("BackupThenDelete")
