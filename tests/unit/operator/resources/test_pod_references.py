"""What a podTemplate names is known with its field, its kind and its keys."""

from typing import Any

import pytest
from tests.factories.crm import POD_TEMPLATE, crm

from hastecrm_operator.resources.references import references


def named(**spec: Any) -> list[tuple[str, str, str, tuple[str, ...]]]:
    of = crm(worker={"podTemplate": {"spec": spec}})
    prefix = "spec.worker.podTemplate.spec."
    return [(r.field_path.removeprefix(prefix), r.kind, r.name, r.keys) for r in references(of)]


def test_volumes_variables_and_their_sources_are_found():
    assert named(
        containers=[
            {
                "name": "worker",
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s1", "key": "k"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c1", "key": "k"}}},
                    {"name": "C", "value": "plain"},
                ],
                "envFrom": [{"secretRef": {"name": "s2"}}, {"prefix": "X_", "configMapRef": {"name": "c2"}}],
            }
        ],
        initContainers=[{"name": "first", "envFrom": [{"secretRef": {"name": "s3"}}]}],
        volumes=[
            {"name": "a", "secret": {"secretName": "s4", "items": [{"key": "x", "path": "y"}]}},
            {"name": "b", "configMap": {"name": "c3"}},
            {
                "name": "c",
                "projected": {"sources": [{"secret": {"name": "s5"}}, {"configMap": {"name": "c4"}}]},
            },
        ],
    ) == [
        ("containers[0].env[0].valueFrom.secretKeyRef", "Secret", "s1", ("k",)),
        ("containers[0].env[1].valueFrom.configMapKeyRef", "ConfigMap", "c1", ("k",)),
        ("containers[0].envFrom[0].secretRef", "Secret", "s2", ()),
        ("containers[0].envFrom[1].configMapRef", "ConfigMap", "c2", ()),
        ("initContainers[0].envFrom[0].secretRef", "Secret", "s3", ()),
        ("volumes[0].secret", "Secret", "s4", ("x",)),
        ("volumes[1].configMap", "ConfigMap", "c3", ()),
        ("volumes[2].projected.sources[0].secret", "Secret", "s5", ()),
        ("volumes[2].projected.sources[1].configMap", "ConfigMap", "c4", ()),
    ]


@pytest.mark.parametrize(
    "volume",
    [
        {"secret": {"secretName": "s", "optional": True}},
        {"secret": "s"},
        {"secret": {"secretName": 5}},
        {"projected": {"sources": "all"}},
        {"projected": {"sources": ["s"]}},
        {"emptyDir": {}},
    ],
    ids=str,
)
def test_what_may_be_missing_or_has_another_shape_is_left_to_the_api_server(volume: dict[str, Any]):
    assert named(volumes=[{"name": "v", **volume}]) == []


def test_the_example_names_two():
    found = references(crm(web={"podTemplate": POD_TEMPLATE}))

    assert [(r.kind, r.name) for r in found] == [("Secret", "more"), ("Secret", "theme")]
