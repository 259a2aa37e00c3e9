"""What kubectl shows of a HasteCRM, and what else a real API server does for its objects."""

import json
import subprocess
from typing import Any

import pytest
from tests.apiserver.kubectl import ROOT, as_json, kubectl
from tests.apiserver.objects import manifest
from tests.factories.crm import EXTERNAL_DATABASE
from tests.unit.operator.api.test_quantities import FORMS

KUBECTL = str(ROOT / ".venv" / "bin" / "kubectl")
SAID = {
    "a typo": ({"verzion": "1"}, 'unknown field "spec.verzion"'),
    "a host with capitals": (
        {"host": "CRM.example"},
        'spec.host: Invalid value: "CRM.example": must be a DNS name of lower-case letters',
    ),
    "both databases": (
        {"database": {"managed": {}, "external": EXTERNAL_DATABASE}},
        "database needs exactly one of managed, external and cloudNativePG",
    ),
}


def text(namespace: str, **spec: Any) -> str:
    return json.dumps(manifest(namespace, **spec))


def refusal(kubeconfig: str, text: str) -> str:
    """Apply for nothing but the answer; return what kubectl says, without line breaks."""
    command = [KUBECTL, "--kubeconfig", kubeconfig, "apply", "--dry-run=server", "-f", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode != 0, "the API server took it"
    return " ".join(done.stderr.split())


def apply(kubeconfig: str, text: str) -> str:
    return kubectl(kubeconfig, "apply", "-f", "-", stdin=text)


@pytest.mark.parametrize("sample", ["quickstart", "production"])
def test_the_samples_are_taken(kubeconfig: str, crds: None, sample: str):
    path = str(ROOT / "manifests" / "samples" / f"{sample}.yaml")

    assert "created" in kubectl(kubeconfig, "apply", "--dry-run=server", "-f", path)


@pytest.mark.parametrize(("spec", "sentence"), SAID.values(), ids=SAID)
def test_kubectl_shows_the_sentence(kubeconfig: str, crds: None, spec: dict[str, Any], sentence: str):
    assert sentence in refusal(kubeconfig, text("default", **spec))


def test_kubectl_shows_why_something_cannot_change(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))

    told = refusal(kubeconfig, text(namespace, redis={"managed": {"storage": {"size": "1023Mi"}}}))
    assert "redis.managed.storage.size cannot shrink: a volume never becomes smaller" in told


def test_quantities_are_stored_in_the_form_that_we_expect(kubeconfig: str, namespace: str):
    limits = {f"example.com/q{index}": written for index, written in enumerate(FORMS)}
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": namespace},
        "spec": {"hard": {f"requests.{name}": written for name, written in limits.items()}},
    }
    apply(kubeconfig, json.dumps(quota))

    stored = as_json(kubeconfig, "get", "resourcequota", "q", "-n", namespace)["spec"]["hard"]
    assert [stored[f"requests.example.com/q{index}"] for index in range(len(FORMS))] == list(FORMS.values())


def test_the_api_tier_can_be_scaled_like_anything_else(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))

    kubectl(kubeconfig, "scale", "hcrm/acme", "-n", namespace, "--replicas=5")

    assert as_json(kubeconfig, "get", "hcrm", "acme", "-n", namespace)["spec"]["api"]["replicas"] == 5


def test_the_scale_reports_pods_and_selector_to_autoscalers(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))
    status = {"status": {"api": {"desired": 2, "updated": 2, "ready": 2}, "selector": "a=b"}}
    patch_status(kubeconfig, namespace, status)

    path = f"/apis/hastecrm.io/v1alpha1/namespaces/{namespace}/hastecrms/acme/scale"
    scale = json.loads(kubectl(kubeconfig, "get", "--raw", path))
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 2, "selector": "a=b"}


def test_the_list_tells_what_people_look_for(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))
    patch_status(kubeconfig, namespace, {"status": {"phase": "Ready", "conditions": [condition()]}})

    listed = kubectl(kubeconfig, "get", "hcrm", "-n", namespace).splitlines()
    wide = kubectl(kubeconfig, "get", "hcrm", "-n", namespace, "-o", "wide")
    assert listed[0].split() == ["NAME", "VERSION", "READY", "PHASE", "API", "WEB", "BACKUP", "URL", "AGE"]
    assert listed[1].split()[:4] == ["acme", "0.1.0", "True", "Ready"]
    assert "all components are ready" in wide


def test_kubectl_waits_for_readiness(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))
    patch_status(kubeconfig, namespace, {"status": {"conditions": [condition()]}})

    assert "condition met" in kubectl(
        kubeconfig, "wait", "--for=condition=Ready", "--timeout=5s", "hcrm/acme", "-n", namespace
    )


def test_kubectl_does_not_take_an_old_readiness_for_a_new_one(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))
    patch_status(kubeconfig, namespace, {"status": {"conditions": [condition()]}})
    apply(kubeconfig, text(namespace, version="0.2.0"))

    wait = ["wait", "--for=condition=Ready", "--timeout=2s", "hcrm/acme", "-n", namespace]
    waited = subprocess.run([KUBECTL, "--kubeconfig", kubeconfig, *wait], capture_output=True, check=False)
    assert waited.returncode != 0
    assert b"timed out" in waited.stderr


def test_kubectl_explains_every_level(kubeconfig: str, crds: None):
    told = kubectl(kubeconfig, "explain", "hcrm.spec.database.external.sslMode")

    assert "verify-full" in told
    assert "Default: require" in told


def test_one_object_comes_with_everything(kubeconfig: str, namespace: str):
    apply(kubeconfig, text(namespace))

    assert "hastecrm.hastecrm.io/acme" in kubectl(kubeconfig, "get", "all", "-n", namespace, "-o", "name")


def patch_status(kubeconfig: str, namespace: str, status: dict[str, Any]) -> None:
    patch = ["patch", "hcrm", "acme", "-n", namespace, "--subresource=status", "--type=merge", "-p"]
    kubectl(kubeconfig, *patch, json.dumps(status))


def condition() -> dict[str, Any]:
    return {
        "type": "Ready",
        "status": "True",
        "reason": "EverythingReady",
        "message": "all components are ready",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "observedGeneration": 1,
    }
