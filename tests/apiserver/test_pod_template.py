"""A fragment of a pod template on the real API server, as it stores it and in other forms."""

import pytest
from tests.apiserver.audit import written_by_another_look
from tests.apiserver.crm import CRM
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import DEPLOYMENT

# Each of these the API server stores in another form, or fills in.
ODD = {
    "containers": [
        {"name": "web", "resources": {"limits": {"cpu": 2}}, "env": [{"name": "A", "value": ""}]},
        {
            "name": "proxy",
            "image": "registry.example.com/proxy:1",
            "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}},
            "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "volumeMounts": [{"name": "token", "mountPath": "/token", "readOnly": False}],
            "command": [],
        },
    ],
    "volumes": [
        {
            "name": "token",
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "token", "audience": "proxy"}},
                    {
                        "downwardAPI": {
                            "items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]
                        }
                    },
                ]
            },
        },
        {"name": "space", "emptyDir": {"sizeLimit": "0.5Gi"}},
    ],
    "nodeSelector": {},
    "affinity": {"podAntiAffinity": None},
}


async def test_a_fragment_in_an_odd_form_is_written_once(crm: CRM, operator: OperatorProcess):
    crm.apply(web={"podTemplate": {"spec": ODD}})
    await crm.until(lambda status: status.get("phase") == "Ready", seconds=90)

    assert await written_by_another_look(crm, operator) == []
    pods = (await crm.get(DEPLOYMENT, "web"))["spec"]["template"]["spec"]
    assert [c["name"] for c in pods["containers"]] == ["web", "proxy"]
    assert pods["containers"][1]["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ({"containers": [{"name": "half"}]}, "containers[1].image"),
        ({"containers": [{"name": "worker", "workingDir": 5}]}, ".workingDir: expected string"),
        ({"containers": [{"name": "worker", "workDir": "/"}]}, ".workDir: field not declared in schema"),
    ],
    ids=["a container without an image", "a field of the wrong type", "a typo"],
)
async def test_a_fragment_that_makes_no_pod_is_told_with_the_api_servers_words(
    crm: CRM, operator: OperatorProcess, fragment: dict, words: str
):
    crm.apply(worker={"podTemplate": {"spec": fragment}})

    status = await crm.until(
        lambda s: any(words in c["message"] for c in s.get("conditions", [])), seconds=90
    )

    ready = next(c for c in status["conditions"] if c["type"] == "Ready")
    assert ready["status"] == "False"
    assert "acme-worker" in ready["message"]
