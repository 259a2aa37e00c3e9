"""What counts as a person's change of the pods of a workload."""

from typing import Any

import pytest
from tests.factories.crm import crm, manifests

from hastecrm_operator.resources.revision import Revision, revision_of


def revision(suffix: str, **spec: Any) -> Revision:
    made = next(
        m
        for m in manifests(crm(**spec))
        if m["metadata"]["name"] == f"acme-{suffix}" and "template" in m.get("spec", {})
    )
    parsed = Revision.parse(revision_of(made))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("spec", "changed"),
    [
        pytest.param({"api": {"replicas": 9}}, set(), id="replicas"),
        pytest.param({"paused": True}, set(), id="pause"),
        pytest.param({"deletionPolicy": "Delete"}, set(), id="deletion policy"),
        pytest.param({"api": {"env": [{"name": "A", "value": "b"}]}}, {"api"}, id="a variable of one tier"),
        pytest.param({"version": "0.2.0"}, {"api", "web", "worker"}, id="a release"),
        pytest.param(
            {"images": {"redis": "r:7"}}, {"api", "web", "worker", "redis"}, id="image of the cache"
        ),
        pytest.param({"size": "large"}, {"api", "web", "worker", "postgres", "redis"}, id="size"),
        pytest.param(
            {"database": {"managed": {"parameters": {"work_mem": "9MB"}}}},
            {"api", "web", "worker", "postgres"},
            id="a setting of the database",
        ),
    ],
)
def test_a_change_counts_for_the_workloads_it_may_concern(spec: dict, changed: set[str]):
    workloads = ("api", "web", "worker", "postgres", "redis")

    found = {w for w in workloads if revision(w).is_changed_by_a_person(revision(w, **spec))}

    assert found == changed


def test_a_default_that_is_written_out_is_no_change():
    written = revision("api", size="small", logging={"level": "INFO"}, api={"probes": {}})

    assert not revision("api").is_changed_by_a_person(written)


def test_requests_are_noted():
    of = crm()
    of.metadata.annotations.update({"hastecrm.io/rollout": "now", "hastecrm.io/adopt": "1"})
    made = next(m for m in manifests(of) if m["kind"] == "Deployment")

    noted = Revision.parse(revision_of(made))

    assert noted is not None
    assert (noted.rollout, noted.adopt) == ("now", "1")
