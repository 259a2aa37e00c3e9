import pytest
from tests.unit.kubectl.pages import NOW, text

from kubectl_hastecrm.views.events import belongs_to, events, in_order


def event(kind: str = "Pod", name: str = "acme-api-1", **more: object) -> dict:
    return {
        "metadata": {"creationTimestamp": "2026-01-02T10:00:00Z"},
        "involvedObject": {"kind": kind, "name": name},
        "type": "Normal",
        "reason": "Started",
        "message": "it starts",
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("HasteCRM", "acme"),
        ("HasteCRMBackup", "acme-20260101t020000z"),
        ("Pod", "acme-api-6d5f8c7b9d-x2x7p"),
        ("ReplicaSet", "acme-web-6d5f8c7b9d"),
        ("PersistentVolumeClaim", "data-acme-postgres-0"),
        ("Job", "acme-migrate-1a2b3c4d"),
        ("Ingress", "acme"),
    ],
)
def test_the_object_and_its_children_belong_to_it(kind: str, name: str):
    assert belongs_to(event(kind, name), "acme")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("HasteCRM", "acme-eu"), ("Pod", "acme-eu-api-1"), ("Pod", "acme-website-1"), ("Pod", "other")],
)
def test_a_neighbour_of_a_similar_name_does_not(kind: str, name: str):
    assert not belongs_to(event(kind, name), "acme")


def test_the_newest_is_last_whatever_form_its_time_has():
    old = event(lastTimestamp="2026-01-02T11:00:00Z", reason="Old")
    new = event(series={"lastObservedTime": "2026-01-02T11:30:00.5Z", "count": 7}, reason="New")

    assert [e["reason"] for e in in_order([new, old, event()])] == ["Started", "Old", "New"]
    assert text(events([new], NOW)).splitlines()[1].split()[:2] == ["29m59s", "7"]
