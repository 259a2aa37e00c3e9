from tests.unit.kubectl.pages import NOW, condition, crm, pod, text

from kubectl_hastecrm.views.status import is_ready, overview, page, pod_state


def test_the_page_of_a_healthy_object_names_endpoint_tiers_and_pods():
    shown = text(page(crm(), [pod("acme-api-1", "api")], NOW))

    assert "https://crm.example.com" in shown
    [line] = [line for line in shown.splitlines() if "acme-api-1" in line]
    assert line.split() == ["api", "2/2", "2", "acme-api-1", "Running", "3", "3h", "node-1"]
    assert "version 0.1.0" in shown


def test_only_conditions_that_are_not_as_wished_stand_beside_the_two_that_people_look_for():
    live = crm(
        condition("Ready", "False", "Degraded"),
        condition("Available", "True"),
        condition("Degraded", "False"),
        condition("CacheReady", "False", "SecretNotFound"),
        condition("Paused", "True", "Paused"),
    )
    shown = text(page(live, [], NOW))

    assert [word for word in ("Ready ", "Available", "CacheReady", "Paused") if word not in shown] == []
    assert "Degraded   False" not in shown


def test_what_blocks_is_named_with_the_way_to_more():
    cause = {"object": "Deployment/acme-api", "reason": "ImagePullBackOff", "message": "no such image"}
    shown = text(page(crm(phase="Degraded", blocking=[cause]), [], NOW))

    assert "Deployment/acme-api ImagePullBackOff: no such image" in shown
    assert "kubectl hastecrm why acme" in shown


def test_release_verdict_and_backups_are_one_line_each():
    live = crm(
        revision=7,
        schema={"version": 12, "compatibleFrom": 9},
        release={
            "phase": "Verifying",
            "revision": 8,
            "version": "1.5.0",
            "phaseStartedAt": "2026-01-02T11:59:20Z",
            "message": "40 s of 60 s measured",
        },
        rollback={"verdict": "Safe", "to": 7, "reason": "revision 7 runs on schema 12"},
        backup={
            "lastSuccess": {"name": "b", "at": "2026-01-02T02:00:00Z", "bytes": 1048576},
            "next": "2026-01-03T02:00:00Z",
            "count": 9,
        },
    )
    shown = text(page(live, [], NOW))

    assert "version 0.1.0, revision 7, schema 12 (serves code from 9)" in shown
    assert "Verifying revision 8 (1.5.0), for 40s: 40 s of 60 s measured" in shown
    assert "Safe to revision 7: revision 7 runs on schema 12" in shown
    assert "last 10h ago (1.0 MiB), next in 14h, never proven, 9 kept" in shown


def test_a_change_that_the_operator_has_not_seen_is_not_ready():
    live = crm()
    live["metadata"]["generation"] = 4

    assert not is_ready(live)
    assert "has not looked at the newest change" in text(page(live, [], NOW))


def test_an_object_without_a_status_has_a_page_and_a_line():
    live = crm()
    live["status"] = {}

    assert "Unknown" in text(page(live, [], NOW))
    assert "acme" in text(overview([live, crm(name="other")], NOW))


def test_a_pod_is_what_its_container_waits_for():
    assert pod_state(pod("p", "api", waiting="CrashLoopBackOff")) == "CrashLoopBackOff"
    assert pod_state(pod("p", "api", ready=False)) == "NotReady"
    assert pod_state(pod("p", "api")) == "Running"
