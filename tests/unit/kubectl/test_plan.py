from typing import Any

from tests.factories.crm import crm
from tests.unit.kubectl.pages import NOW, text

from hastecrm_operator.engine.releases.target import target
from hastecrm_operator.resources.rendering import images_for
from kubectl_hastecrm.planning.difference import Field
from kubectl_hastecrm.planning.effects import (
    CREATE,
    DELETE,
    UPDATE,
    Change,
    Plan,
    change,
    downtime,
    notes,
    rejection,
    release,
)
from kubectl_hastecrm.planning.family import family
from kubectl_hastecrm.planning.volumes import growth, with_claims_of
from kubectl_hastecrm.views.plan import machine, page

WINDOW = {"days": ["Sat"], "start": "02:00", "end": "05:00", "timeZone": "Etc/UTC"}


def child(name: str, **spec: Any) -> dict[str, Any]:
    return next(
        m
        for m in family(crm(**spec), "r")
        if m["metadata"]["name"] == name and "template" in m.get("spec", {})
    )


def workload(component: str, kind: str = "Deployment", pods: int = 2) -> Change:
    return Change(UPDATE, kind, f"acme-{component}", (Field("spec.x", 1, 2),), component, pods)


def test_pods_are_replaced_only_when_their_template_changes():
    old, scaled = child("acme-api"), child("acme-api", api={"replicas": 5})
    louder = child("acme-api", logging={"level": "DEBUG"})

    assert [c and c.pods for c in (change(old, old, 2), change(old, scaled, 2), change(old, louder, 2))] == [
        None,
        0,
        2,
    ]


def test_a_child_comes_or_goes():
    one = child("acme-api")

    assert [c and c.action for c in (change(None, one), change(one, None), change(None, None))] == [
        CREATE,
        DELETE,
        None,
    ]


def test_a_restart_of_a_store_is_noticed_and_one_of_the_tiers_is_not():
    stores = [workload("postgres", "StatefulSet", 1), workload("redis", "StatefulSet", 1)]

    assert downtime(crm(), crm(), [workload("api"), workload("web")]) == ()
    assert ["database" in said or "cache" in said for said in downtime(crm(), crm(), stores)] == [True, True]


def test_sleep_and_a_tier_without_pods_are_noticed():
    assert "nobody can work" in downtime(crm(hibernated=True), crm(), [])[0]
    assert downtime(crm(web={"replicas": 0}), crm(), []) == ("no web pod runs any more",)


def test_what_waits_is_said():
    windows = notes(crm(maintenanceWindows=[WINDOW]), [workload("api")], NOW)

    assert windows == ("pods wait for the maintenance window of 2026-01-03 02:00 UTC, or `rollout`",)
    assert notes(crm(maintenanceWindows=[WINDOW]), [], NOW) == ()
    assert "until `resume`" in notes(crm(paused=True), [], NOW)[0]
    assert "--follow-spec" in notes(crm(rollback={"toRevision": 6}), [], NOW)[0]


def test_a_volume_that_grows_is_told_and_not_asked_of_the_api_server():
    old = child("acme-postgres")
    new = child("acme-postgres", database={"managed": {"storage": {"size": "30Gi"}}})

    assert [f.path for f in growth(old, new)] == [
        "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
    ]
    assert with_claims_of(new, old)["spec"]["volumeClaimTemplates"] == old["spec"]["volumeClaimTemplates"]


def plan(**more: Any) -> Plan:
    return Plan("acme", "sales", UPDATE, **more)


def test_a_plan_without_a_change_says_only_that():
    assert text(page(plan(), [])) == "acme in sales: nothing would change"
    assert machine(plan(), [])["action"] == "none"


def test_the_page_tells_pods_downtime_migrations_and_the_way_back():
    pending = [{"name": "0013_drop", "phase": "contract", "locks": ["contacts: ACCESS EXCLUSIVE"]}]
    shown = text(
        page(
            plan(
                spec=(Field("spec.version", "1", "2"),),
                children=(workload("api"), workload("postgres", "StatefulSet", 1)),
                image=("app:1", "app:2"),
                migrations={"pending": pending, "previousStillWorks": False},
            ),
            [],
        )
    )

    assert "~ spec.version: 1 → 2" in shown
    assert "acme-api: 2 replaced, a new one is ready before an old one goes" in shown
    assert "acme-postgres: 1 replaced, the old one stops first" in shown
    assert "0013_drop (contract); locks contacts: ACCESS EXCLUSIVE" in shown
    assert "NeedsRestore" in shown


def test_what_nobody_knows_yet_comes_with_the_way_to_know():
    shown = text(page(plan(image=("app:1", "app:2"), spec=(Field("spec.version", "1", "2"),)), []))

    assert "hastecrm migrate --plan" in shown


def test_a_secret_in_a_field_is_masked():
    field = Field("spec.api.env[A].value", "x", "postgresql://crm:hunter2@db/crm")

    assert "hunter2" not in text(page(plan(spec=(field,)), []))
    assert "hunter2" not in str(machine(plan(spec=(field,)), []))


def test_children_of_which_only_the_version_label_changes_are_one_line():
    label = Field("metadata.labels[app.kubernetes.io/version]", "1", "2")
    children = tuple(Change(UPDATE, "Service", f"acme-{n}", (label,)) for n in range(3))

    assert "~ 3 more: only the label of the version" in text(page(plan(children=children), []))


def test_a_refusal_is_told():
    assert "Deployment/acme-api: over quota" in text(page(plan(), ["Deployment/acme-api: over quota"]))


def images(of: Any) -> Any:
    return images_for(of, "r")


def test_a_change_of_the_pods_is_a_release_and_one_of_their_number_is_not():
    before, scaled, louder = crm(), crm(api={"replicas": 5}), crm(logging={"level": "DEBUG"})

    assert release(scaled, before, (images(before), images(scaled))) == ()
    assert (
        "measured for 60s and a synthetic user"
        in release(louder, before, (images(before), images(louder)))[0]
    )


def test_a_release_says_what_going_back_would_mean_as_far_as_it_is_known():
    before, louder, other = crm(), crm(logging={"level": "DEBUG"}), crm(images={"app": "example.com/app:2"})

    assert release(louder, before, (images(before), images(louder)))[1] == (
        "the way back: Safe, the schema is not touched"
    )
    assert "told by its migrations" in release(other, before, (images(before), images(other)))[1]


def test_a_canary_is_told_by_the_number_of_its_pods():
    before = crm(api={"replicas": 4})
    wanted = crm(api={"replicas": 4}, version="0.2.0", release={"canary": {"steps": [10, 75], "pause": "5m"}})

    told = release(wanted, before, (images(before), images(wanted)))
    assert told[2] == "a canary, if pods of the API change: 1, then 3 of them first, 5m after each step"


def test_a_release_that_was_rejected_says_so_until_somebody_asks_to_retry():
    wanted = crm(version="0.2.0")
    rejected = [{"hash": target(wanted, images(wanted)), "at": "2026-01-01T00:00:00Z", "message": "500"}]

    assert "only `retry` tries it again" in rejection(wanted, images(wanted), {"rejected": rejected})[0]
    assert rejection(crm(), images(crm()), {"rejected": rejected}) == ()
