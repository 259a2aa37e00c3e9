"""What manifests/operator installs, as kustomize renders it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
Manifest = dict[str, Any]


def render(folder: str) -> list[Manifest]:
    command = [str(ROOT / ".venv" / "bin" / "kubectl"), "kustomize", str(ROOT / folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def installed() -> list[Manifest]:
    return render("manifests/operator")


def only(manifests: list[Manifest], kind: str) -> Manifest:
    [found] = [m for m in manifests if m["kind"] == kind]
    return found


def operator_container(manifests: list[Manifest]) -> dict[str, Any]:
    [container] = only(manifests, "Deployment")["spec"]["template"]["spec"]["containers"]
    return container


def test_everything_needed_is_installed(installed: list[Manifest]):
    assert sorted(m["kind"] for m in installed) == [
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "CustomResourceDefinition",
        "CustomResourceDefinition",
        "Deployment",
        "Namespace",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
    ]


def test_no_right_is_a_wildcard(installed: list[Manifest]):
    rules = [*only(installed, "ClusterRole")["rules"], *only(installed, "Role")["rules"]]

    assert [rule for rule in rules if "*" in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]] == []


def test_the_operator_neither_makes_nor_deletes_what_users_write(installed: list[Manifest]):
    rules = only(installed, "ClusterRole")["rules"]
    [verbs] = [rule["verbs"] for rule in rules if "hastecrms" in rule["resources"]]

    assert verbs == ["get", "list", "watch", "update"]  # a finalizer is an update of the whole object


def test_rights_beyond_the_namespace_of_the_lease_do_not_include_leases(installed: list[Manifest]):
    assert not any("leases" in rule["resources"] for rule in only(installed, "ClusterRole")["rules"])


def test_the_pod_may_change_nothing_but_its_scratch_space(installed: list[Manifest]):
    pod = only(installed, "Deployment")["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert operator_container(installed)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_the_service_finds_the_pod_and_its_port(installed: list[Manifest]):
    service, deployment = only(installed, "Service"), only(installed, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in operator_container(installed)["ports"]}

    assert service["spec"]["selector"].items() <= labels.items()
    assert {port["targetPort"] for port in service["spec"]["ports"]} == ports


@pytest.mark.parametrize(
    ("folder", "repository"),
    [
        ("manifests/operator", "ghcr.io/hastecrm"),
        ("manifests/operator/overlays/dev", "localhost/hastecrm"),
    ],
)
def test_operator_and_application_come_from_the_same_repository(folder: str, repository: str):
    container = operator_container(render(folder))
    environment = {e["name"]: e.get("value") for e in container["env"]}

    assert container["image"] == f"{repository}/operator:0.1.0"
    assert environment["HASTECRM_OPERATOR_IMAGE_REPOSITORY"] == repository


def test_the_image_has_the_version_of_the_project():
    project = (ROOT / "pyproject.toml").read_text()
    version = next(line for line in project.splitlines() if line.startswith("version = "))

    assert operator_container(render("manifests/operator"))["image"].endswith(version.split('"')[1])
