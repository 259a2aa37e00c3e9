"""The real API server takes good objects, refuses bad ones with a sentence, and offers its usual services."""

import json
import subprocess
from typing import Any

import pytest
from tests.apiserver.kubectl import ROOT, as_json, kubectl
from tests.factories.crm import EXAMPLES, EXTERNAL_DATABASE, EXTERNAL_REDIS
from tests.unit.operator.api.test_quantities import FORMS

KUBECTL = str(ROOT / ".venv" / "bin" / "kubectl")
A_VARIABLE = {"name": "A", "value": "1"}
A_SECRET = {"secretKeyRef": {"name": "s", "key": "k"}}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a typo": ({"verzion": "1"}, 'unknown field "spec.verzion"'),
    "a typo deep down": ({"api": {"replica": 2}}, 'unknown field "spec.api.replica"'),
    "no version": ({"version": None}, "spec.version: Required value"),
    "an empty version": ({"version": ""}, "spec.version"),
    "a version that is no tag": ({"version": "1 0"}, 'spec.version: Invalid value: "1 0": must be a version'),
    "replicas below zero": ({"api": {"replicas": -1}}, "spec.api.replicas: Invalid value: -1"),
    "replicas in words": ({"api": {"replicas": "two"}}, "spec.api.replicas"),
    "a host with capitals": (
        {"host": "CRM.example"},
        'spec.host: Invalid value: "CRM.example": must be a DNS name',
    ),
    "a host with a scheme": ({"host": "https://crm.example"}, "must be a DNS name"),
    "an image with a space": ({"images": {"app": "my app"}}, "spec.images.app"),
    "a pull policy of its own": (
        {"images": {"pullPolicy": "Sometimes"}},
        '"Always", "IfNotPresent", "Never"',
    ),
    "both databases": (
        {"database": {"managed": {}, "external": EXTERNAL_DATABASE}},
        "database needs exactly one of managed, external and cloudNativePG",
    ),
    "both caches": (
        {"redis": {"managed": {}, "external": EXTERNAL_REDIS}},
        "redis needs exactly one of managed and external",
    ),
    "an external database without credentials": (
        {"database": {"external": {"host": "db.example.com"}}},
        "spec.database.external.credentials: Required value",
    ),
    "a CA that nobody checks": (
        {"database": {"external": {**EXTERNAL_DATABASE, "sslMode": "require"}}},
        "caSecretName is only used with sslMode: verify-full",
    ),
    "a database address with a port": (
        {"database": {"external": {**EXTERNAL_DATABASE, "host": "db:5432"}}},
        "must be a DNS name or an IP address, without a port",
    ),
    "a pool upside down": (
        {"database": {"pool": {"minSize": 9, "maxSize": 3}}},
        "pool.minSize must not be more than pool.maxSize",
    ),
    "a duration in words": (
        {"database": {"pool": {"statementTimeout": "soon"}}},
        "must be a duration like 500ms, 5s or 1m30s",
    ),
    "a duration of nothing": ({"database": {"pool": {"statementTimeout": "0s"}}}, "must be a duration"),
    "a statement for ever": (
        {"database": {"pool": {"statementTimeout": "61m"}}},
        "pool.statementTimeout must not be more than 1h",
    ),
    "a size in words": (
        {"database": {"managed": {"storage": {"size": "big"}}}},
        'spec.database.managed.storage.size: Invalid value: "big": must be a quantity like',
    ),
    "a negative amount": ({"api": {"resources": {"requests": {"cpu": "-1"}}}}, "must be a quantity like"),
    "a fraction without quotes": (
        {"api": {"resources": {"requests": {"cpu": 0.5}}}},
        "spec.api.resources.requests.cpu in body must be of type integer,string",
    ),
    "a misspelt resource": ({"api": {"resources": {"requests": {"memroy": "1Gi"}}}}, "unknown field"),
    "a limit below the request": (
        {"web": {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}}},
        "requests.memory must not be more than limits.memory",
    ),
    "a variable with two values": (
        {"api": {"env": [{**A_VARIABLE, "valueFrom": A_SECRET}]}},
        "an environment variable needs exactly one of value and valueFrom",
    ),
    "a variable without a value": (
        {"api": {"env": [{"name": "A"}]}},
        "an environment variable needs exactly one of value and valueFrom",
    ),
    "a variable twice": ({"api": {"env": [A_VARIABLE, A_VARIABLE]}}, "Duplicate value"),
    "a value from nowhere": (
        {"api": {"env": [{"name": "A", "valueFrom": {}}]}},
        "valueFrom needs exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a probe without patience": (
        {"api": {"probes": {"liveness": {"timeoutSeconds": 0}}}},
        "spec.api.probes.liveness.timeoutSeconds",
    ),
    "a level of its own": ({"logging": {"level": "LOUD"}}, '"DEBUG", "INFO", "WARNING", "ERROR"'),
}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a managed database becomes external": (
        {},
        {"database": {"external": EXTERNAL_DATABASE}},
        "database cannot change between managed, external and cloudNativePG",
    ),
    "an external database becomes managed": (
        {"database": {"external": EXTERNAL_DATABASE}},
        {},
        "database cannot change between managed, external and cloudNativePG",
    ),
    "a volume changes its class": (
        {"database": {"managed": {"storage": {"className": "fast"}}}},
        {"database": {"managed": {"storage": {"className": "slow"}}}},
        "database.managed.storage.className cannot change",
    ),
    "a volume gets a class": (
        {},
        {"redis": {"managed": {"storage": {"className": "fast"}}}},
        "redis.managed.storage.className cannot change",
    ),
    "a volume shrinks": (
        {"database": {"managed": {"storage": {"size": "2Gi"}}}},
        {"database": {"managed": {"storage": {"size": "1900Mi"}}}},
        "database.managed.storage.size cannot shrink",
    ),
    "a volume of the default size shrinks": (
        {},
        {"redis": {"managed": {"storage": {"size": "1023Mi"}}}},
        "redis.managed.storage.size cannot shrink",
    ),
}
FREE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a volume grows": ({}, {"database": {"managed": {"storage": {"size": "11Gi"}}}}),
    "the release": ({}, {"version": "0.2.0"}),
    "a managed database is written out": ({}, {"database": {"managed": {"storage": {"size": "10240Mi"}}}}),
    "a managed database is left out": ({"database": {"managed": {}}}, {}),
    "the address of an external database": (
        {"database": {"external": EXTERNAL_DATABASE}},
        {"database": {"external": {**EXTERNAL_DATABASE, "host": "other.example.com"}}},
    ),
    "a cache moves out": ({}, {"redis": {"external": EXTERNAL_REDIS}}),
}


def manifest(namespace: str, name: str = "acme", **spec: Any) -> str:
    filled = {"version": "0.1.0", **spec}
    return json.dumps(
        {
            "apiVersion": "hastecrm.io/v1alpha1",
            "kind": "HasteCRM",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {key: value for key, value in filled.items() if value is not None},
        }
    )


def refusal(kubeconfig: str, text: str) -> str:
    """Apply for nothing but the answer; return what kubectl says, without line breaks."""
    command = [KUBECTL, "--kubeconfig", kubeconfig, "apply", "--dry-run=server", "-f", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode != 0, "the API server took it"
    return " ".join(done.stderr.split())


def apply(kubeconfig: str, text: str) -> str:
    return kubectl(kubeconfig, "apply", "-f", "-", stdin=text)


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_a_good_object_is_taken(kubeconfig: str, crds: None, spec: dict[str, Any]):
    text = manifest("default", **spec)

    assert "created" in kubectl(kubeconfig, "apply", "--dry-run=server", "-f", "-", stdin=text)


@pytest.mark.parametrize("sample", ["quickstart", "production"])
def test_the_samples_are_taken(kubeconfig: str, crds: None, sample: str):
    path = str(ROOT / "manifests" / "samples" / f"{sample}.yaml")

    assert "created" in kubectl(kubeconfig, "apply", "--dry-run=server", "-f", path)


@pytest.mark.parametrize(("spec", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_object_is_refused_with_a_sentence(
    kubeconfig: str, crds: None, spec: dict[str, Any], sentence: str
):
    assert sentence in refusal(kubeconfig, manifest("default", **spec))


@pytest.mark.parametrize("name", ["1crm", "a.b", "a" * 41], ids=lambda n: n[:4])
def test_a_name_that_no_service_may_have_is_refused(kubeconfig: str, crds: None, name: str):
    assert "metadata.name must start with a letter" in refusal(kubeconfig, manifest("default", name))


@pytest.mark.parametrize(("before", "after", "sentence"), CHANGES.values(), ids=CHANGES)
def test_what_cannot_change_is_refused_with_a_sentence(
    kubeconfig: str, namespace: str, before: dict[str, Any], after: dict[str, Any], sentence: str
):
    apply(kubeconfig, manifest(namespace, **before))

    assert sentence in refusal(kubeconfig, manifest(namespace, **after))


@pytest.mark.parametrize(("before", "after"), FREE.values(), ids=FREE)
def test_what_may_change_is_taken(
    kubeconfig: str, namespace: str, before: dict[str, Any], after: dict[str, Any]
):
    apply(kubeconfig, manifest(namespace, **before))

    assert "configured" in apply(kubeconfig, manifest(namespace, **after))


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
    apply(kubeconfig, manifest(namespace))

    kubectl(kubeconfig, "scale", "hcrm/acme", "-n", namespace, "--replicas=5")

    assert as_json(kubeconfig, "get", "hcrm", "acme", "-n", namespace)["spec"]["api"]["replicas"] == 5


def test_the_scale_reports_pods_and_selector_to_autoscalers(kubeconfig: str, namespace: str):
    apply(kubeconfig, manifest(namespace))
    status = {"status": {"api": {"desired": 2, "updated": 2, "ready": 2}, "selector": "a=b"}}
    patch_status(kubeconfig, namespace, status)

    path = f"/apis/hastecrm.io/v1alpha1/namespaces/{namespace}/hastecrms/acme/scale"
    scale = json.loads(kubectl(kubeconfig, "get", "--raw", path))
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 2, "selector": "a=b"}


def test_the_list_tells_what_people_look_for(kubeconfig: str, namespace: str):
    apply(kubeconfig, manifest(namespace))
    patch_status(kubeconfig, namespace, {"status": {"phase": "Ready", "conditions": [condition()]}})

    listed = kubectl(kubeconfig, "get", "hcrm", "-n", namespace).splitlines()
    wide = kubectl(kubeconfig, "get", "hcrm", "-n", namespace, "-o", "wide")
    assert listed[0].split() == ["NAME", "VERSION", "READY", "PHASE", "API", "WEB", "URL", "AGE"]
    assert listed[1].split()[:4] == ["acme", "0.1.0", "True", "Ready"]
    assert "all components are ready" in wide


def test_kubectl_waits_for_readiness(kubeconfig: str, namespace: str):
    apply(kubeconfig, manifest(namespace))
    patch_status(kubeconfig, namespace, {"status": {"conditions": [condition()]}})

    assert "condition met" in kubectl(
        kubeconfig, "wait", "--for=condition=Ready", "--timeout=5s", "hcrm/acme", "-n", namespace
    )


def test_kubectl_explains_every_level(kubeconfig: str, crds: None):
    told = kubectl(kubeconfig, "explain", "hcrm.spec.database.external.sslMode")

    assert "verify-full" in told
    assert "Default: require" in told


def test_one_object_comes_with_everything(kubeconfig: str, namespace: str):
    apply(kubeconfig, manifest(namespace))

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
