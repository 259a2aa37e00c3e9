"""The merge is that of `kubectl patch --type=strategic`, and changes nothing that it was given."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hastecrm_operator.resources.strategic_merge import merged

BASE: dict[str, Any] = {
    "metadata": {"labels": {"app": "crm"}},
    "spec": {
        "affinity": {"podAntiAffinity": {"preferred": [1]}},
        "containers": [
            {
                "name": "api",
                "image": "crm",
                "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {}}}],
                "envFrom": [{"configMapRef": {"name": "config"}}],
                "ports": [{"name": "http", "containerPort": 8000, "protocol": "TCP"}],
                "volumeMounts": [{"name": "tmp", "mountPath": "/scratch"}],
            }
        ],
        "tolerations": [{"key": "ours"}],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    },
}


def of_pods(**spec: Any) -> dict[str, Any]:
    return merged(BASE, {"spec": spec})["spec"]


def of_container(**changes: Any) -> dict[str, Any]:
    [container] = of_pods(containers=[{"name": "api", **changes}])["containers"]
    return container


def test_maps_are_merged_key_by_key():
    both = merged(BASE, {"metadata": {"labels": {"team": "sales"}, "annotations": {"a": "b"}}})

    assert both["metadata"] == {"labels": {"app": "crm", "team": "sales"}, "annotations": {"a": "b"}}
    assert both["spec"] == BASE["spec"]


def test_a_container_is_found_by_its_name_and_keeps_the_rest():
    assert of_container(workingDir="/srv") == {**BASE["spec"]["containers"][0], "workingDir": "/srv"}


def test_another_container_comes_behind_ours():
    containers = of_pods(containers=[{"name": "proxy", "image": "envoy"}])["containers"]

    assert containers == [*BASE["spec"]["containers"], {"name": "proxy", "image": "envoy"}]


def test_a_variable_is_replaced_as_a_whole_because_value_and_source_exclude_each_other():
    env = of_container(env=[{"name": "B", "value": "2"}, {"name": "C", "value": "3"}])["env"]

    assert env == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}]


def test_sources_of_variables_are_added_so_that_the_configuration_stays():
    assert of_container(envFrom=[{"secretRef": {"name": "mine"}}])["envFrom"] == [
        {"configMapRef": {"name": "config"}},
        {"secretRef": {"name": "mine"}},
    ]


def test_a_mount_is_found_by_its_path():
    mounts = of_container(
        volumeMounts=[{"name": "mine", "mountPath": "/scratch"}, {"name": "b", "mountPath": "/b"}]
    )

    assert mounts["volumeMounts"] == [
        {"name": "mine", "mountPath": "/scratch"},
        {"name": "b", "mountPath": "/b"},
    ]


def test_a_port_is_found_by_its_number_and_protocol():
    ports = of_container(
        ports=[{"containerPort": 8000, "hostPort": 1}, {"containerPort": 8000, "protocol": "UDP"}]
    )["ports"]

    assert ports == [
        {"name": "http", "containerPort": 8000, "protocol": "TCP", "hostPort": 1},
        {"containerPort": 8000, "protocol": "UDP"},
    ]


def test_a_volume_keeps_its_kind_or_gets_another_one():
    larger = of_pods(volumes=[{"name": "tmp", "emptyDir": {"medium": "Memory"}}])
    other = of_pods(volumes=[{"name": "tmp", "ephemeral": {"a": 1}}])

    assert larger["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi", "medium": "Memory"}}]
    assert other["volumes"] == [{"name": "tmp", "ephemeral": {"a": 1}}]


@pytest.mark.parametrize("field", ["tolerations", "topologySpreadConstraints", "unknown"])
def test_a_list_without_a_merge_key_is_replaced(field: str):
    assert of_pods(**{field: [{"key": "theirs"}]})[field] == [{"key": "theirs"}]


def test_null_removes_what_is_there_and_nothing_else():
    assert of_pods(affinity={"podAntiAffinity": None}, dnsPolicy=None)["affinity"] == {}
    assert "dnsPolicy" not in of_pods(dnsPolicy=None)


AS_KUBECTL: dict[str, dict[str, Any]] = {
    "labels": {"metadata": {"labels": {"team": "sales"}}},
    "a sidecar": {
        "spec": {"containers": [{"name": "proxy", "image": "envoy", "ports": [{"containerPort": 9}]}]}
    },
    "a changed mount": {
        "spec": {
            "containers": [
                {
                    "name": "api",
                    "volumeMounts": [
                        {"name": "mine", "mountPath": "/scratch"},
                        {"name": "b", "mountPath": "/b"},
                    ],
                }
            ]
        }
    },
    "variables": {
        "spec": {
            "containers": [{"name": "api", "env": [{"name": "A", "value": "2"}, {"name": "C", "value": "3"}]}]
        }
    },
    "volumes": {"spec": {"volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory"}}, {"name": "n"}]}},
    "placement": {
        "spec": {
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "theirs", "operator": "Exists"}],
            "affinity": {"podAntiAffinity": None, "nodeAffinity": {"required": {"a": 1}}},
        }
    },
    "init containers and aliases": {
        "spec": {
            "initContainers": [{"name": "wait", "image": "busybox"}],
            "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["mail"]}],
        }
    },
}


@pytest.mark.parametrize("fragment", AS_KUBECTL.values(), ids=AS_KUBECTL)
def test_the_result_is_that_of_kubectl(fragment: dict[str, Any], tmp_path: Path):
    spec = {"selector": {"matchLabels": {"app": "crm"}}, "template": BASE}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}
    (tmp_path / "it.json").write_text(json.dumps(deployment))
    patch = [
        "patch",
        "--local",
        "-o",
        "json",
        "--type=strategic",
        "-p",
        json.dumps({"spec": {"template": fragment}}),
    ]
    kubectl = [str(Path(sys.executable).parent / "kubectl"), *patch, "-f", str(tmp_path / "it.json")]

    done = subprocess.run(kubectl, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)["spec"]["template"]
    assert sorted_lists(merged(BASE, fragment)) == sorted_lists(theirs)


def sorted_lists(value: Any) -> Any:
    """Without the order, which is ours first in our merge and theirs first in kubectl's."""
    if isinstance(value, dict):
        return {key: sorted_lists(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(sorted_lists, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


NAMES = st.sampled_from(["a", "b", "c"])
ITEMS = st.lists(
    st.fixed_dictionaries({"name": NAMES}, optional={"x": st.integers(), "y": st.integers()}), max_size=4
)
SCALARS = st.none() | st.integers() | st.text(max_size=2) | st.lists(st.integers(), max_size=2)
FRAGMENTS = st.fixed_dictionaries(
    {},
    optional={
        "spec": st.fixed_dictionaries(
            {}, optional={"containers": ITEMS, "volumes": ITEMS, "tolerations": ITEMS, "n": SCALARS}
        ),
        "metadata": st.dictionaries(NAMES, SCALARS | st.dictionaries(NAMES, SCALARS), max_size=3),
    },
)


def without_nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return all(without_nulls(inner) for inner in value.values())
    return value is not None


@settings(deadline=None)
@given(FRAGMENTS, FRAGMENTS)
def test_merging_is_idempotent_and_changes_neither_side(base: dict, fragment: dict):
    base, before = merged({}, base), copy.deepcopy((merged({}, base), fragment))
    once = merged(base, fragment)

    assert merged(once, fragment) == once
    assert (base, fragment) == before
    assert without_nulls(once)


@settings(deadline=None)
@given(FRAGMENTS)
def test_an_empty_side_changes_nothing(base: dict):
    stored = merged({}, base)

    assert merged(stored, {}) == stored
    assert merged({}, stored) == stored


@settings(deadline=None)
@given(ITEMS, ITEMS)
def test_no_name_is_lost_or_doubled_and_ours_come_first(ours: list, theirs: list):
    base = merged({}, {"spec": {"containers": ours}})["spec"]["containers"]
    both = merged({"spec": {"containers": base}}, {"spec": {"containers": theirs}})["spec"]["containers"]
    names = [item["name"] for item in both]

    assert len(set(names)) == len(names)
    assert names[: len(base)] == [item["name"] for item in base]
    assert set(names) == {item["name"] for item in (*ours, *theirs)}
