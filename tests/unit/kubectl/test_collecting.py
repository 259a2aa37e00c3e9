from tests.unit.kubectl.pages import pod

from kubectl_hastecrm.collecting import concerning, has_started_again


def test_of_the_operators_log_only_what_is_about_the_namespace_or_about_none_is_kept():
    ours = '2026-01-01T00:00:00Z {"event": "reconciled", "namespace": "sales", "object": "acme"}'
    theirs = '2026-01-01T00:00:00Z {"event": "reconciled", "namespace": "rivals", "object": "secret-project"}'
    nobodys = '2026-01-01T00:00:00Z {"event": "leader"}'
    plain = "Traceback (most recent call last): {"

    kept = concerning("sales", f"{ours}\n{theirs}\n{nobodys}\n{plain}")

    assert kept.splitlines() == [ours, nobodys, plain]


def test_a_container_that_never_ended_has_said_nothing_before():
    fresh = pod("p", "api")
    fresh["status"]["containerStatuses"][0]["restartCount"] = 0

    assert [has_started_again(p, "api") for p in (fresh, pod("p", "api"))] == [False, True]
