"""Live and desired agree exactly when nobody has changed what we applied."""

import copy

import pytest

from hastecrm_operator.api.names import MANAGER
from hastecrm_operator.engine.ownership import desired_hash, hash_of_owned, owned

MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "acme-api", "namespace": "sales", "labels": {"a": "1"}},
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [{"name": "api", "image": "x:1", "env": [{"name": "A", "value": "1"}]}],
            }
        },
    },
}
# What an API server stores: the same, with defaults, status and somebody's sidecar.
LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "acme-api",
        "namespace": "sales",
        "uid": "u",
        "labels": {"a": "1", "theirs": "2"},
        "managedFields": [
            {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
            {
                "manager": MANAGER,
                "operation": "Apply",
                "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:a": {}}},
                    "f:spec": {
                        "f:replicas": {},
                        "f:template": {
                            "f:spec": {
                                "f:volumes": {'k:{"name":"tmp"}': {".": {}, "f:emptyDir": {}, "f:name": {}}},
                                "f:containers": {
                                    'k:{"name":"api"}': {
                                        ".": {},
                                        "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
                                        "f:image": {},
                                        "f:name": {},
                                    }
                                },
                            }
                        },
                    },
                },
            },
            {"manager": MANAGER, "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}},
        ],
    },
    "spec": {
        "paused": False,
        "replicas": 2,
        "template": {
            "spec": {
                "dnsPolicy": "ClusterFirst",
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [
                    {"name": "sidecar", "image": "y"},
                    {
                        "name": "api",
                        "image": "x:1",
                        "imagePullPolicy": "Always",
                        "env": [{"name": "A", "value": "1"}, {"name": "THEIRS", "value": "9"}],
                    },
                ],
            }
        },
    },
    "status": {"replicas": 2},
}


def changed(path: list, value: object, base: dict) -> dict:
    copied = copy.deepcopy(base)
    target = copied
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copied


def test_defaults_and_other_peoples_fields_are_no_difference():
    assert hash_of_owned("Deployment", owned(LIVE)) == desired_hash(MANIFEST)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["spec", "replicas"], 3, id="a number"),
        pytest.param(["metadata", "labels", "a"], "2", id="a label"),
        pytest.param(["spec", "template", "spec", "containers", 1, "image"], "x:2", id="in a container"),
        pytest.param(["spec", "template", "spec", "containers", 1, "env", 0, "value"], "2", id="in its env"),
    ],
)
def test_a_changed_value_is_a_difference(path: list, value: object):
    assert hash_of_owned("Deployment", owned(changed(path, value, LIVE))) != desired_hash(MANIFEST)


def test_a_field_that_somebody_else_took_over_is_a_difference():
    live = copy.deepcopy(LIVE)
    del live["metadata"]["managedFields"][1]["fieldsV1"]["f:spec"]["f:replicas"]

    assert hash_of_owned("Deployment", owned(live)) != desired_hash(MANIFEST)


def test_a_field_that_we_no_longer_want_is_a_difference():
    wanted = copy.deepcopy(MANIFEST)
    del wanted["spec"]["replicas"]

    assert hash_of_owned("Deployment", owned(LIVE)) != desired_hash(wanted)


def test_an_object_that_is_not_ours_matches_nothing():
    live = copy.deepcopy(LIVE)
    live["metadata"]["managedFields"] = []

    assert owned(live) is None
    assert hash_of_owned("Deployment", owned(live)) == ""


def test_the_value_of_a_secret_is_never_part_of_a_hash():
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}

    one = desired_hash({**secret, "data": {"password": "YQ=="}})
    other = desired_hash({**secret, "data": {"password": "Yg=="}})
    more = desired_hash({**secret, "data": {"password": "YQ==", "user": "Yg=="}})

    assert one == other
    assert one != more
