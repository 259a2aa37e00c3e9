from tests.unit.kubectl.pages import NOW, condition, crm, text

from kubectl_hastecrm.views.why import causes, explanation

CRASH = {
    "object": "Deployment/acme-api",
    "pod": "acme-api-6455586df6-569tl",
    "container": "api",
    "reason": "CrashLoopBackOff",
    "message": "container 'api' ends with exit code 2 again and again",
    "fix": "a setting is wrong: correct what the log names",
    "log": "HASTECRM_LOG_LEVEL: got 'LOUD'\nfix: unset it",
    "since": "2026-01-02T11:00:00Z",
}


def test_the_chain_goes_from_the_object_to_the_fix():
    live = crm(condition("Ready", "False", "Degraded"), phase="Degraded", blocking=[CRASH])
    shown = text(explanation(live, NOW))
    order = ["Deployment/acme-api", "pod acme", "container api", "CrashLoop", "got 'LOUD'", "fix: a setting"]

    places = [shown.index(word) for word in order]

    assert places == sorted(places)
    assert "is blocked for 1h" in shown


def test_a_condition_that_no_pod_explains_comes_with_the_fix_of_its_reason():
    live = crm(condition("Ready", "False", "Degraded"), condition("Stalled", "True", "InvalidSpec"))

    assert "fix:" in text(explanation(live, NOW)) or causes(live)["conditions"][0]["type"] == "Ready"


def test_when_everything_is_fine_it_says_so():
    shown = text(explanation(crm(), NOW))

    assert "acme is Ready since 2h" in shown
    assert causes(crm()) == {
        "name": "acme",
        "namespace": "sales",
        "ready": True,
        "phase": "Ready",
        "blocking": [],
        "conditions": [],
    }


def test_a_ready_object_may_have_something_worth_knowing():
    live = crm(condition("Ready", "True"), condition("PendingRollout", "True", "MaintenanceWindow", "waits"))
    shown = text(explanation(live, NOW))

    assert "still worth knowing" in shown
    assert "MaintenanceWindow: waits" in shown


def test_an_object_that_nobody_looks_at_asks_whether_an_operator_runs():
    live = crm()
    live["status"] = {}

    assert "no operator has looked at it" in text(explanation(live, NOW))


def test_the_section_of_a_runbook_is_named_for_people_and_programs():
    live = crm(
        condition("Ready", "False", "Degraded"), condition("DatabaseReady", "False", "AuthenticationFailed")
    )
    page = "https://hastecrm.io/docs/runbooks/reasons/DatabaseReady.md#authenticationfailed"

    assert f"runbook: {page}" in text(explanation(live, NOW)).replace("\n", "")
    assert causes(live)["conditions"][0]["runbook"] == page
