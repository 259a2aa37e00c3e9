import orjson
import pytest
from tests.unit.kubectl.pages import NOW, crm, text

from hastecrm_operator.api.backup_object import BackupObject
from hastecrm_operator.api.restore import HasteCRMRestoreSpec
from kubectl_hastecrm.requests import (
    backup_ended,
    backup_of,
    backup_told,
    drill_of,
    drill_told,
    job_ended,
    job_told,
    report_in,
    restore_ended,
    restore_of,
    undo_ended,
)
from kubectl_hastecrm.views.restore import before


def test_a_backup_names_its_object_and_the_moment():
    made = backup_of(crm(), NOW, policy="Delete")
    made["metadata"]["uid"] = "1"

    assert made["metadata"]["name"] == "acme-20260102t120000z"
    assert BackupObject.parse(made).spec.deletion_policy == "Delete"


def test_a_restore_leaves_to_the_default_what_nobody_asked_for():
    made = restore_of("sales", "staging", {"backup": "b"}, NOW, anonymise=True, undoWindow=None)

    assert made["spec"] == {"hastecrm": "staging", "source": {"backup": "b"}, "anonymise": True}
    assert HasteCRMRestoreSpec.model_validate(made["spec"]).undo_window == "24h"


def test_a_drill_is_the_job_that_the_schedule_would_make_without_its_delay():
    args = ["verify", "--scratch-url", "x", "--delay", "137"]
    pods = {"spec": {"containers": [{"name": "drill", "args": args}]}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"backoffLimit": 2, "template": pods}}
    cron_job = {
        "metadata": {"name": "acme-drill", "namespace": "sales", "uid": "u"},
        "spec": {"jobTemplate": template},
    }
    made = drill_of(cron_job, NOW)

    assert made["metadata"]["name"] == "acme-drill-20260102t120000z"
    assert made["metadata"]["labels"] == {"a": "b"}
    assert made["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert made["spec"]["backoffLimit"] == 2
    assert made["spec"]["template"]["spec"]["containers"][0]["args"] == args[:3]
    assert args[3:] == ["--delay", "137"]


@pytest.mark.parametrize(
    ("phase", "ended"), [("Pending", None), ("Running", None), ("Complete", True), ("Failed", False)]
)
def test_a_backup_ends_in_two_ways(phase: str, ended: bool | None):
    assert backup_ended({"status": {"phase": phase}}) is ended
    assert backup_ended({}) is None


def test_a_restore_that_is_complete_has_not_been_undone():
    assert restore_ended({"status": {"phase": "Complete"}}) is True
    assert undo_ended({"status": {"phase": "Complete"}}) is None
    assert undo_ended({"status": {"phase": "Undone"}}) is True


def test_a_finished_dump_says_its_size_and_a_failed_one_why():
    done = {"metadata": {"name": "b"}, "status": {"phase": "Complete", "name": "d", "bytes": 2048}}
    failed = {"metadata": {"name": "b"}, "status": {"phase": "Failed", "message": "no space"}}

    assert backup_told(done) == "dump d, 2.0 KiB"
    assert backup_told(failed) == "Failed, no space"


def test_a_job_ends_as_its_conditions_say():
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True", "message": "twice"}]}}

    assert (job_ended(failed), job_told(failed)) == (False, "Failed: twice")
    assert (job_ended({"status": {"active": 1}}), job_told({"status": {"active": 1}})) == (None, "Running")


def test_before_a_restore_it_says_what_is_lost():
    status = {"name": "d", "takenAt": "2026-01-02T02:00:00Z", "rows": 7, "schema": {"version": 11}}
    shown = text(before({"metadata": {"name": "b"}, "status": status}, crm(), NOW))

    assert "10h ago: what was written since is lost" in shown
    assert "acme (version 0.1.0)" in shown


def test_what_a_drill_has_proven_is_told():
    report = {"name": "d", "rtoSeconds": 42.4, "rpoSeconds": 3700, "tables": 31, "rows": 120000}
    message = orjson.dumps(report).decode()
    finished = {"status": {"containerStatuses": [{"state": {"terminated": {"message": message}}}]}}

    assert drill_told(report_in(finished)) == "d is proven: restored in 42s, 31 tables, 120000 rows, 1h1m old"
    assert report_in({"status": {"containerStatuses": [{"state": {"terminated": {"message": "x"}}}]}}) == {}
