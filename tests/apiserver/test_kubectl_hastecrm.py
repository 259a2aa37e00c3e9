"""`kubectl hastecrm` against a real API server; no operator runs, so statuses are written here."""

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.apiserver.kubectl import ROOT, as_json
from tests.apiserver.kubectl_hastecrm import OWNER, READY, Program

from kubectl_hastecrm.problems import Exit


def test_status_and_why_say_by_their_exit_code_whether_it_is_ready(program: Program):
    program.crm()
    assert program("status")[0] == program("why", "hcrm/acme")[0] == Exit.DONE

    program.status("hastecrm", "acme", {"phase": "Degraded", "observedGeneration": 0})

    code, out, _ = program("status", "acme")
    assert code == Exit.NOT_READY
    assert "Degraded" in out
    assert program("why")[0] == Exit.NOT_READY


def test_several_objects_are_a_line_each_and_one_must_be_named_elsewhere(program: Program):
    program.crm()
    program.crm(name="other", status=None)

    code, out, _ = program("status")
    assert code == Exit.NOT_READY
    assert [line.split()[1] for line in out.splitlines()[1:]] == ["acme", "other"]
    code, _, err = program("why")
    assert (code, err) == (
        Exit.USAGE,
        f"error: there are several in namespace {program.namespace}: name one of acme, other\n",
    )


def test_a_name_that_does_not_exist_is_answered_with_those_that_do(program: Program):
    program.crm()

    code, out, err = program("why", "acne")

    assert (code, out) == (Exit.NOT_FOUND, "")
    assert err == f"error: no HasteCRM 'acne' in namespace {program.namespace}; there is acme\n"


def test_machines_get_json(program: Program):
    program.crm()

    assert json.loads(program("status", "acme", "-o", "json")[1])["status"]["phase"] == "Ready"
    assert json.loads(program("why", "-o", "json")[1])["blocking"] == []
    assert yaml.safe_load(program("status", "acme", "-o", "yaml")[1])["metadata"]["name"] == "acme"


def test_pause_and_resume_change_one_field(program: Program):
    program.crm()
    before = program.get("hastecrm", "acme")["spec"]

    assert program("pause")[0] == Exit.DONE
    assert program.get("hastecrm", "acme")["spec"] == {**before, "paused": True}
    assert program("resume")[0] == Exit.DONE
    assert program.get("hastecrm", "acme")["spec"] == {**before, "paused": False}


@pytest.mark.parametrize("verb", ["rotate", "rollout"])
def test_a_wish_is_an_annotation_that_is_new_each_time(program: Program, verb: str):
    program.crm()

    said = set()
    for _ in range(2):
        assert program(verb)[0] == Exit.DONE
        said.add(program.get("hastecrm", "acme")["metadata"]["annotations"][f"hastecrm.io/{verb}"])

    assert len(said) == 2


def test_only_what_was_rejected_can_be_tried_again(program: Program):
    program.crm()
    assert program("retry")[0] == Exit.FAILED

    rejected = [{"hash": "5d41", "reason": "JourneyFailed", "message": "500", "at": "2026-01-01T00:00:00Z"}]
    program.status("hastecrm", "acme", {"release": {"phase": "RolledBack", "rejected": rejected}})

    assert program("retry")[0] == Exit.DONE
    assert "hastecrm.io/retry" in program.get("hastecrm", "acme")["metadata"]["annotations"]


def record(program: Program, number: int) -> None:
    owner = program.get("hastecrm", "acme")["metadata"]["uid"]
    reference = {"apiVersion": "hastecrm.io/v1alpha1", "kind": "HasteCRM", "name": "acme", "uid": owner}
    program.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {"name": f"acme-{number}", "labels": OWNER, "ownerReferences": [reference]},
            "revision": number,
            "data": {"spec": {"version": f"0.{number}.0"}, "images": {"app": f"app:0.{number}.0"}},
        }
    )


def test_a_rollback_sets_the_field_and_the_spec_is_followed_again(program: Program):
    program.crm()
    for number in (6, 7):
        record(program, number)

    code, out, _ = program("rollback", "--yes")
    assert code == Exit.DONE
    assert "app:0.6.0" in out
    wanted = {"toRevision": 6, "restoreData": False}
    assert program.get("hastecrm", "acme")["spec"]["rollback"] == wanted
    assert program("rollback", "--follow-spec")[0] == Exit.DONE
    assert "rollback" not in program.get("hastecrm", "acme")["spec"]


def test_nothing_happens_where_nobody_can_be_asked(program: Program):
    program.crm()
    record(program, 6)

    code, _, err = program("rollback")

    assert code == Exit.DECLINED
    assert "--yes" in err
    assert "rollback" not in program.get("hastecrm", "acme")["spec"]


def test_history_tells_the_recorded_revisions(program: Program):
    program.crm()
    record(program, 7)

    assert program("history")[1].splitlines()[1].split()[:2] == ["7", "0.7.0"]
    assert json.loads(program("history", "-o", "json")[1])["items"][0]["revision"] == 7


BACKUP = {"schedule": "0 2 * * *", "destination": {"volume": {"size": "1Gi"}}}


def test_a_backup_needs_a_place_to_write_to(program: Program):
    program.crm()

    code, _, err = program("backup")

    assert code == Exit.FAILED
    assert "set spec.backup.destination" in err


def test_a_backup_is_an_object_and_can_be_brought_back_when_it_is_complete(program: Program):
    program.crm(backup=BACKUP)
    made = json.loads(program("backup", "-o", "json")[1])["metadata"]["name"]
    assert program("restore", made, "--yes")[0] == Exit.FAILED

    program.status("hcb", made, {"phase": "Complete", "name": made, "bytes": 2048})

    assert program("restore", made, "--yes", "--no-wait", "--undo-window", "2h")[0] == Exit.DONE
    [restore] = as_json(program.kubeconfig, "get", "hcrs", "-n", program.namespace)["items"]
    assert restore["spec"]["source"] == {"backup": made}
    assert restore["spec"]["undoWindow"] == "2h"


def test_a_wait_ends_with_what_became_of_it(program: Program):
    program.crm(backup=BACKUP)

    code, _, err = program("backup", "--wait", "--timeout", "1s")

    assert code == Exit.NOT_ACHIEVED
    assert "took longer than 1s: Pending" in err


def test_only_a_restore_whose_replaced_data_is_kept_can_be_undone(program: Program):
    program.crm(backup=BACKUP)
    made = json.loads(program("backup", "-o", "json")[1])["metadata"]["name"]
    program.status("hcb", made, {"phase": "Complete", "name": made})
    program("restore", made, "--yes", "--no-wait")
    [restore] = as_json(program.kubeconfig, "get", "hcrs", "-n", program.namespace)["items"]
    name = restore["metadata"]["name"]
    assert program("restore", name, "--undo", "--yes")[0] == Exit.FAILED

    program.status("hcrs", name, {"phase": "Complete", "replaced": "hastecrm_before_1"})

    assert program("restore", name, "--undo", "--yes", "--no-wait")[0] == Exit.DONE
    assert program.get("hcrs", name)["spec"]["undo"] is True


def test_a_drill_is_the_schedules_job_made_now(program: Program):
    program.crm(backup=BACKUP)
    assert program("verify")[0] == Exit.NOT_FOUND
    pod = {"restartPolicy": "Never", "containers": [{"name": "drill", "image": "app:1"}]}
    job = {"spec": {"template": {"spec": pod}}}
    cron_job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "acme-drill"}}
    program.apply({**cron_job, "spec": {"schedule": "0 3 * * 0", "suspend": True, "jobTemplate": job}})

    code, out, _ = program("verify")

    assert code == Exit.DONE
    [made] = as_json(program.kubeconfig, "get", "jobs", "-n", program.namespace)["items"]
    assert out == f"Job {made['metadata']['name']} is made\n"
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "app:1"


def test_events_of_the_object_and_its_children_are_told(program: Program):
    program.crm()
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "acme.1"},
        "involvedObject": {"kind": "Pod", "name": "acme-api-1", "namespace": program.namespace},
        "type": "Warning",
        "reason": "BackOff",
        "message": "again and again",
        "firstTimestamp": "2026-01-02T10:00:00Z",
        "lastTimestamp": "2026-01-02T10:00:00Z",
    }
    program.apply(event)

    assert "BackOff" in program("events", "--warnings")[1]


def secret_of(program: Program, name: str, value: str) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": OWNER}}
    program.apply({**body, "stringData": {"password": value}})


def test_a_support_bundle_holds_everything_but_secrets(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    value = "correct horse battery"
    program.crm({**READY, "phase": value}, api={"env": [{"name": "A", "value": "hidden away"}]})
    secret_of(program, "acme-keys", value)
    path = tmp_path / "bundle.tar.gz"

    assert program("support-bundle", "--file", str(path))[0] == Exit.DONE

    with tarfile.open(path) as archive:
        files = {m.name: archive.extractfile(m).read().decode() for m in archive.getmembers()}
    assert [name for name, text in files.items() if value in text or "hidden away" in text] == []
    assert "password: 21 bytes" in files["bundle/objects/Secret/acme-keys.yaml"]
    assert {"bundle/status.txt", "bundle/why.txt", "bundle/events.txt"} <= files.keys()
    assert path.stat().st_mode & 0o077 == 0


def test_version_tells_of_all_three(program: Program):
    assert program("version")[1].split()[::2][0] == "client"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["stat"], lambda _: ["status"]),
        (["why", ""], lambda _: ["acme"]),
        (["status", "-n", "t-"], lambda namespace: [namespace]),
    ],
    ids=["a command", "an object", "a namespace"],
)
def test_kubectl_completes_names(
    program: Program, words: list[str], offered: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
):
    program.crm()
    monkeypatch.setenv("KUBECONFIG", program.kubeconfig)
    if words == ["why", ""]:
        words = ["why", "-n", program.namespace, ""]
    script = str(ROOT / ".venv" / "bin" / "kubectl_complete-hastecrm")
    done = subprocess.run([script, *words], capture_output=True, text=True, check=True)

    *names, directive = done.stdout.splitlines()
    assert set(offered(program.namespace)) <= set(names)
    assert directive == ":4"
