"""The bench of the operator damages what it says, and its page and picture say what was measured."""

import xml.etree.ElementTree as ET

import pytest
from bench.operator.curve import curve
from bench.operator.damage import ANNOTATION, DELETED, FIELD, IMAGE, LABEL, Damage, candidates, value
from bench.operator.page import page, rows_of
from bench.operator.point import Point, middle
from bench.operator.store import load, pages
from bench.service.results import Part

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "crm-00001-api", "labels": {"app.kubernetes.io/part-of": "hastecrm"}},
    "spec": {
        "replicas": 2,
        "template": {
            "metadata": {"annotations": {"hastecrm.io/config-hash": "c0ffee"}},
            "spec": {"containers": [{"name": "api", "image": "app:1"}]},
        },
    },
}


def point(**changes: float) -> Point:
    made = dict.fromkeys(Point.__dataclass_fields__, 1.0) | {"n": 1000, "children": 20, "seconds": 50.0}
    return Point(
        **{
            **made,
            "bare_seconds": 40.0,
            "same_seconds": 50.0,
            "requests": 24.0,
            "same_requests": 30.0,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (DELETED, []),
        (IMAGE, ["/spec/template/spec/containers/0/image"]),
        (LABEL, ["/metadata/labels/app.kubernetes.io~1part-of"]),
        (ANNOTATION, ["/spec/template/metadata/annotations/hastecrm.io~1config-hash"]),
        (
            FIELD,
            [
                "/spec/replicas",
                "/spec/template/metadata/annotations/hastecrm.io~1config-hash",
                "/spec/template/spec/containers",
            ],
        ),
    ],
)
def test_each_damage_hits_fields_that_the_operator_writes(what: str, expected: list[str]):
    found = [change["path"] for damage in candidates(what, DEPLOYMENT) for change in damage.patch()]

    assert found == expected


def test_a_value_is_found_in_lists_too():
    damage = next(candidates(IMAGE, DEPLOYMENT))

    assert value(DEPLOYMENT, damage.path) == "app:1"
    assert value(DEPLOYMENT, ("spec", "template", "spec", "containers", "7", "image")) is None
    assert damage.patch()[0]["op"] == "replace"
    assert Damage(("data", "KEY")).patch() == [{"op": "remove", "path": "/data/KEY"}]


def test_the_operators_rate_is_a_share_of_the_bare_clients():
    assert point().ratio == pytest.approx(0.8)
    assert point().children_ratio == pytest.approx(0.8)


def test_several_runs_count_by_the_median_of_each_figure():
    assert middle([point(seconds=40.0), point(seconds=90.0), point(seconds=50.0)]).seconds == 50.0


@pytest.mark.parametrize(("seconds", "met"), [(50.0, True), (50.1, False)], ids=["just met", "just missed"])
def test_the_largest_number_of_objects_is_held_to_the_goals(seconds: float, met: bool):
    points = {1: point(n=1, seconds=99.0), 1000: point(seconds=seconds)}

    assert rows_of(points)[0].met is met


def test_the_page_has_a_line_for_each_number_of_objects():
    points = {1: point(n=1), 1000: point()}

    shown = page(points, {"convergence": Part("From nothing to Ready", rows_of(points))})

    assert "| 1 | 20 |" in shown
    assert "| 1,000 | 20,000 | 50.0 | 1.00 | 480 / 600 = 80 % | 400 / 500 = 80 % |" in shown


def test_the_picture_is_drawn_over_every_number_of_objects():
    drawn = ET.fromstring(curve([point(n=1), point(n=100), point()]))  # noqa: S314 - our own

    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("1,000") == 3
    assert "operator 400" in texts


def test_the_documents_show_the_stored_figures():
    for path, text in pages(load()).items():
        assert path.read_text() == text
