import pytest
from tests.unit.kubectl.pages import NOW, crm, text

from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.views.history import history
from kubectl_hastecrm.views.rollback import outlook, target
from kubectl_hastecrm.wishes import annotated, other_writer, rolled_back


def record(number: int, version: str = "0.1.0", schema: int = 12, **data: object) -> dict:
    image = f"registry/app:{version}"
    return {
        "metadata": {"name": f"acme-{number}", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "revision": number,
        "data": {
            "spec": {"version": version},
            "images": {"app": image},
            "schema": {"version": schema, "compatibleFrom": 9},
            "result": "Promoted",
            **data,
        },
    }


RECORDS = [record(5, "1.3.0", 8), record(6, "1.4.0", 11), record(7, "1.5.0", 12)]
LIVE = {"revision": 7, "version": "1.5.0", "schema": {"version": 12, "compatibleFrom": 9}}


def test_history_tells_the_newest_first_and_which_one_runs():
    shown = text(history(crm(**LIVE), RECORDS, NOW)).splitlines()

    assert [line.split()[0] for line in shown[1:4]] == ["7", "6", "5"]
    assert shown[1].endswith("← runs")


def test_history_tells_what_was_rejected_and_why():
    rejected = [{"hash": "5d41", "reason": "JourneyFailed", "at": "2026-01-02T11:00:00Z", "message": "500"}]
    shown = text(history(crm(release={"phase": "RolledBack", "rejected": rejected}), RECORDS, NOW))

    assert "JourneyFailed  1h   500" in shown


def test_without_a_number_it_goes_to_the_revision_before():
    assert target(crm(**LIVE), RECORDS, None) == 6


def test_what_the_operator_offers_comes_first():
    live = crm(**LIVE, rollback={"verdict": "Safe", "to": 5})

    assert target(live, RECORDS, None) == 5


def test_a_revision_that_is_not_recorded_is_refused_with_those_that_are():
    with pytest.raises(Problem, match="revision 2 of acme is not recorded; recorded: 5, 6, 7") as refused:
        target(crm(**LIVE), RECORDS, 2)

    assert refused.value.code is Exit.NOT_FOUND


def test_the_first_revision_has_none_before_it():
    with pytest.raises(Problem, match="no revision of acme before"):
        target(crm(revision=7), RECORDS[2:], None)


def test_the_outlook_says_what_runs_then_and_what_becomes_of_the_data():
    safe = text(outlook(crm(**LIVE), RECORDS, 6, restore_data=False))
    dumped = [RECORDS[0], record(6, "1.4.0", 11, backup="dump-6"), RECORDS[2]]
    lossy = text(outlook(crm(**LIVE), dumped, 5, restore_data=True))

    assert "registry/app:1.4.0" in safe
    assert "Safe: revision 6 runs on schema 12" in safe
    assert "NeedsRestore: schema 12 serves releases from schema 9 on" in lossy
    assert "goes back to dump-6: what was written since is lost" in lossy


def test_without_a_dump_nothing_can_be_brought_back():
    shown = text(outlook(crm(**LIVE), RECORDS, 5, restore_data=True))

    assert "Freeze" in shown
    assert "cannot go back: no dump is recorded" in shown


def test_the_wish_is_one_field_and_its_end_removes_it():
    assert rolled_back(6, restore_data=True) == {"spec": {"rollback": {"toRevision": 6, "restoreData": True}}}
    assert rolled_back(None) == {"spec": {"rollback": None}}
    assert annotated("hastecrm.io/retry", NOW)["metadata"]["annotations"] == {
        "hastecrm.io/retry": "2026-01-02T12:00:00.000000Z"
    }


def test_somebody_who_writes_from_a_repository_is_named():
    live = crm()
    live["metadata"]["managedFields"] = [
        {"manager": "kubectl", "fieldsV1": {"f:spec": {}}},
        {"manager": "argocd-controller", "fieldsV1": {"f:spec": {}}},
    ]

    assert other_writer(live) == "Argo CD"
    assert other_writer(crm()) == ""
