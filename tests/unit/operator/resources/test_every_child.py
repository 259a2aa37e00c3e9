"""What holds of every child of every kind of installation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, crm, manifests

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.release import Canary
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.secrets import secret_templates

LABELS = {names.NAME, names.INSTANCE, names.COMPONENT, names.PART_OF, names.MANAGED_BY}


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES)
def of(request: pytest.FixtureRequest) -> HasteCRM:
    return crm(**request.param)


def test_rendering_again_gives_the_same(of: HasteCRM):
    assert manifests(of) == manifests(of)


def test_no_two_children_have_the_same_kind_and_name(of: HasteCRM):
    identities = [(m["kind"], m["metadata"]["name"]) for m in manifests(of)]

    assert len(set(identities)) == len(identities)


def test_children_of_the_longest_name_have_names_that_fit_a_label():
    made = [(m["kind"], len(m["metadata"]["name"])) for m in manifests(crm("a" * names.LONGEST_NAME))]

    assert max(length for _, length in made) <= 63
    # Its pods carry the name of their revision, which is the StatefulSet's and a hash.
    assert max(length for kind, length in made if kind == "StatefulSet") <= 63 - len("-0123456789")


def test_each_child_but_secrets_and_data_is_owned_by_the_object(of: HasteCRM):
    for manifest in (m for m in manifests(of) if m["kind"] not in UNOWNED):
        [owner] = manifest["metadata"]["ownerReferences"]

        assert owner == {
            "apiVersion": "hastecrm.io/v1alpha1",
            "kind": "HasteCRM",
            "name": "acme",
            "uid": of.metadata.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }


def test_each_child_lives_in_the_namespace_and_has_the_recommended_labels(of: HasteCRM):
    for manifest in manifests(of):
        meta = manifest["metadata"]

        assert meta["namespace"] == "sales"
        assert meta["labels"].keys() >= LABELS
        assert meta["labels"][names.MANAGED_BY] == "hastecrm-operator"


def test_pods_and_volumes_can_be_watched_by_the_same_label(of: HasteCRM):
    templates = [m["spec"]["template"] for m in pod_owners(of)]
    claims = [c for m in manifests(of) for c in m.get("spec", {}).get("volumeClaimTemplates", ())]

    for grown in (*templates, *claims):
        assert grown["metadata"]["labels"][names.MANAGED_BY] == names.MANAGER


def test_nothing_is_empty_because_the_api_server_would_not_store_it(of: HasteCRM):
    assert [path for m in manifests(of) for path in empties(m, m["kind"])] == []


def test_every_port_names_its_protocol_because_it_is_part_of_its_key(of: HasteCRM):
    containers = [port for c in all_containers(of) for port in c.get("ports", ())]
    services = [port for m in manifests(of) if m["kind"] == "Service" for port in m["spec"]["ports"]]

    assert {port["protocol"] for port in (*containers, *services)} == {"TCP"}


def test_every_pod_satisfies_pod_security_restricted(of: HasteCRM):
    for owner in pod_owners(of):
        assert violations(owner["spec"]["template"]["spec"]) == []


def test_no_pod_may_call_the_kubernetes_api(of: HasteCRM):
    for owner in pod_owners(of):
        assert owner["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
        assert owner["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_every_pod_runs_under_an_identity_that_is_made(of: HasteCRM):
    made = {m["metadata"]["name"] for m in manifests(of) if m["kind"] == "ServiceAccount"}

    assert {m["spec"]["template"]["spec"]["serviceAccountName"] for m in pod_owners(of)} == made


def test_every_mount_has_its_volume(of: HasteCRM):
    for owner in pod_owners(of):
        pod = owner["spec"]["template"]["spec"]
        volumes = {v["name"] for v in pod["volumes"]}
        volumes |= {c["metadata"]["name"] for c in owner["spec"].get("volumeClaimTemplates", ())}

        containers = [*pod["containers"], *pod.get("initContainers", ())]
        assert {mount["name"] for c in containers for mount in c.get("volumeMounts", ())} == volumes


def test_every_selector_finds_the_pods_of_its_own_component_only(of: HasteCRM):
    pods = {m["metadata"]["name"]: m["spec"]["template"]["metadata"]["labels"] for m in pod_owners(of)}
    for service in (m for m in manifests(of) if m["kind"] == "Service"):
        wanted = service["spec"]["selector"].items()

        component = names.child("acme", service["spec"]["selector"][names.COMPONENT])
        found = {n for n, labels in pods.items() if wanted <= labels.items()}
        assert found - {f"{component}-canary"} == {component}


def test_no_deployment_selects_what_the_canary_makes_by_its_own_label(of: HasteCRM):
    asked = of.spec.release.model_copy(update={"canary": Canary(steps=[50])})
    of = of.model_copy(update={"spec": of.spec.model_copy(update={"release": asked})})
    made = {m["metadata"]["name"]: m for m in manifests(of) if m["kind"] == "Deployment"}
    one, all_others = made.pop("acme-api-canary"), made.values()
    wanted = one["spec"]["selector"]["matchLabels"]

    assert wanted.items() <= one["spec"]["template"]["metadata"]["labels"].items()
    for other in all_others:
        assert not wanted.items() <= other["spec"]["template"]["metadata"]["labels"].items()


def test_no_secret_has_a_value(of: HasteCRM):
    for template in secret_templates(of):
        assert not template.manifest.keys() & {"data", "stringData"}


def pod_owners(of: HasteCRM) -> list[Manifest]:
    made = [m for m in manifests(of) if m["kind"] != "CronJob"]
    scheduled = [
        {**m["spec"]["jobTemplate"], "metadata": m["metadata"]}
        for m in manifests(of)
        if m["kind"] == "CronJob"
    ]
    return [m for m in (*made, *scheduled) if "template" in m.get("spec", {})]


def all_containers(of: HasteCRM) -> list[dict[str, Any]]:
    return [c for m in pod_owners(of) for c in m["spec"]["template"]["spec"]["containers"]]


def empties(value: Any, path: str) -> Iterator[str]:
    # Stored all the same: an empty selector means every namespace, an empty group that of Services, and an
    # emptyDir needs no limit.
    means_something = path.endswith((".namespaceSelector", ".group", ".emptyDir"))
    means_something |= path.startswith("ControllerRevision.data")  # stored as it is, whatever it is
    if (value is None or value in ("", [], {})) and not means_something:
        yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from empties(child, f"{path}.{key}")


UNOWNED = {"Secret", "Cluster", "PersistentVolumeClaim"}
VOLUME_TYPES = {"name", "persistentVolumeClaim", "emptyDir", "secret", "configMap", "projected"}


def violations(pod: dict[str, Any]) -> list[str]:
    """Check a pod against the Pod Security Standard `restricted`."""
    security = pod["securityContext"]
    checks = {
        "runAsNonRoot": security["runAsNonRoot"] is True,
        "runAsUser": security["runAsUser"] > 0,
        "seccompProfile": security["seccompProfile"] == {"type": "RuntimeDefault"},
        "host namespaces": not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"},
        "volume types": all(v.keys() <= VOLUME_TYPES for v in pod["volumes"]),
    }
    for container in pod["containers"]:
        own = container["securityContext"]
        checks |= {
            "allowPrivilegeEscalation": own["allowPrivilegeEscalation"] is False,
            "capabilities": own["capabilities"] == {"drop": ["ALL"]},
            "readOnlyRootFilesystem": own["readOnlyRootFilesystem"] is True,
            "no exceptions": not own.keys() & {"privileged", "procMount", "seccompProfile"},
            "runAsUser of a container": own.get("runAsUser") != 0,
            "host ports": not any("hostPort" in port for port in container.get("ports", ())),
        }
    return [name for name, holds in checks.items() if not holds]


def test_the_check_above_finds_a_pod_that_is_too_free():
    pod = manifests(crm())[-1]["spec"]["template"]["spec"]
    pod["securityContext"]["runAsUser"] = 0
    pod["containers"][0]["securityContext"]["capabilities"] = {"drop": []}

    assert violations(pod) == ["runAsUser", "capabilities"]


def test_no_image_is_left_without_a_tag_or_digest(of: HasteCRM):
    for container in all_containers(of):
        assert re.search(r":[\w.-]+$|@sha256:[0-9a-f]{64}$", container["image"])
