"""The policies, enforced on real packets: the product runs, and strangers stay out."""

import json
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Installation
from tests.e2e.packet_filter import enforced, node_process

CONNECT = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=2)
        print(target)
    except OSError:
        pass
"""


def reached(crm: Installation, pod: str, *targets: str) -> list[str]:
    return crm.kubectl("exec", pod, "--", "python3", "-c", CONNECT, *targets).split()


@pytest.fixture
def policed(crm: Installation, kubeconfig: str) -> Iterator[Installation]:
    """The installation with all pods of the application started anew under its policies."""
    process = node_process(kubeconfig)
    if process is None:
        pytest.skip("policies can be enforced only where the node's network is in reach")
    with enforced(crm, process):
        crm.kubectl("delete", "pod", "-l", "app.kubernetes.io/component in (api,web,worker)")
        crm.until_ready(seconds=180)
        yield crm


@pytest.fixture
def stranger(crm: Installation) -> Iterator[str]:
    """A pod of the same namespace that is none of the installation's."""
    template = crm.json("get", "deployment", f"{crm.name}-api")["spec"]["template"]["spec"]
    container = {k: template["containers"][0][k] for k in ("name", "image", "securityContext")}
    sleeping = {**container, "command": ["python3", "-c", "import time; time.sleep(600)"]}
    spec = {"securityContext": template["securityContext"], "containers": [sleeping]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger"}, "spec": spec}
    crm.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    crm.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod/stranger")
    yield "pod/stranger"
    crm.kubectl("delete", "pod", "stranger", "--now")


@pytest.mark.timeout(300)  # the application's pods end in peace and start anew
def test_the_product_starts_under_its_policies_and_strangers_reach_its_public_ports_only(
    policed: Installation, stranger: str
):
    name = policed.name
    api, web, postgres, redis = (
        f"{name}-api:8000",
        f"{name}-web:8000",
        f"{name}-postgres:5432",
        f"{name}-redis:6379",
    )
    everything = (api, web, postgres, redis)

    assert reached(policed, stranger, *everything) == [api, web]
    assert reached(policed, f"deploy/{name}-api", *everything) == [postgres, redis]
    assert reached(policed, f"deploy/{name}-worker", *everything) == [postgres, redis]
    assert reached(policed, f"deploy/{name}-web", *everything) == [api]
