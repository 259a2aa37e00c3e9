"""`kubectl hastecrm plan`: the API server is asked what would be, and nothing is stored."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import as_json
from tests.apiserver.kubectl_hastecrm import Program

from kubectl_hastecrm.problems import Exit

ALL = "hastecrm,deploy,sts,svc,cm,sa,secret,job,pvc,netpol,pdb,hpa"


def stored(program: Program) -> list[tuple[str, str, str]]:
    listed = as_json(program.kubeconfig, "get", ALL, "-n", program.namespace)["items"]
    return sorted((o["kind"], o["metadata"]["name"], o["metadata"]["resourceVersion"]) for o in listed)


def planned(program: Program, path: str, code: Exit = Exit.CHANGES) -> dict[str, Any]:
    was, out, err = program("plan", "-f", path, "-o", "json")
    assert was == code, err
    [item] = json.loads(out)["items"]
    return item


def test_a_new_object_and_its_children_are_planned_and_nothing_is_made(program: Program, tmp_path: Path):
    before = stored(program)

    plan = planned(program, program.file(tmp_path))

    assert plan["action"] == "create"
    assert {"action": "create", "kind": "Deployment", "name": "acme-api", "fields": []} in plan["children"]
    assert stored(program) == before


async def test_what_the_operator_has_made_needs_no_change(program: Program, ready: CRM, tmp_path: Path):
    plan = await asyncio.to_thread(planned, program, program.file(tmp_path), Exit.DONE)

    assert plan["children"] == []


async def test_a_new_version_replaces_the_pods_of_the_tiers_and_nothing_else(
    program: Program, ready: CRM, tmp_path: Path
):
    plan = await asyncio.to_thread(planned, program, program.file(tmp_path, version="0.2.0"))

    assert plan["spec"] == [{"path": "spec.version", "old": "0.1.0", "new": "0.2.0"}]
    assert plan["restarts"].keys() == {"acme-api", "acme-web", "acme-worker"}
    assert plan["downtime"] == []
    assert plan["image"]["to"].endswith("/app:0.2.0")


async def test_a_setting_of_the_database_is_downtime(program: Program, ready: CRM, tmp_path: Path):
    managed = {"managed": {"parameters": {"work_mem": "16MB"}, "storage": {"size": "30Gi"}}}

    plan = await asyncio.to_thread(planned, program, program.file(tmp_path, database=managed))

    [database] = [c for c in plan["children"] if c["name"] == "acme-postgres" and c["kind"] == "StatefulSet"]
    assert [f["path"].rsplit(".", 1)[-1] for f in database["fields"]] == ["args", "storage"]
    assert plan["restarts"] == {"acme-postgres": 1}
    assert "the database is away" in plan["downtime"][0]


def test_what_a_file_no_longer_says_is_taken_back(program: Program, tmp_path: Path):
    program.crm(None, logging={"level": "DEBUG"})

    plan = planned(program, program.file(tmp_path))

    assert plan["spec"][0]["path"].startswith("spec.logging")


def test_what_is_no_longer_asked_for_would_go(program: Program, tmp_path: Path):
    program.crm(None, api={"autoscaling": {"minReplicas": 2, "maxReplicas": 4}})

    plan = planned(program, program.file(tmp_path))

    gone = [(c["kind"], c["name"]) for c in plan["children"] if c["action"] == "delete"]
    assert gone == [("HorizontalPodAutoscaler", "acme-api")]


def test_a_bad_spec_is_refused_with_the_sentence_of_the_api_server(program: Program, tmp_path: Path):
    path = program.file(tmp_path, access={"ingress": {}})

    code, _, err = program("plan", "-f", path)

    assert code == Exit.FAILED
    assert "access needs host" in err


def test_a_typo_is_refused_by_its_name(program: Program, tmp_path: Path):
    program.crm(None)

    code, _, err = program("plan", "-f", program.file(tmp_path, hots="crm.example.com"))

    assert code == Exit.FAILED
    assert 'unknown field "spec.hots"' in err


def test_a_child_over_quota_is_told_before_anything_is_changed(program: Program, tmp_path: Path):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}}
    program.apply({**quota, "spec": {"hard": {"count/deployments.apps": "0"}}})

    code, out, _ = program("plan", "-f", program.file(tmp_path), "-o", "json")

    assert code == Exit.FAILED
    refused = json.loads(out)["items"][0]["refused"]
    assert len([r for r in refused if r.startswith("Deployment/acme-") and "quota" in r]) == 3


def test_a_file_without_an_object_is_named(program: Program, tmp_path: Path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("kind: ConfigMap\n")

    assert program("plan", "-f", str(empty))[0] == Exit.NOT_FOUND
    assert program("plan", "-f", str(tmp_path / "none"))[0] == Exit.NOT_FOUND
