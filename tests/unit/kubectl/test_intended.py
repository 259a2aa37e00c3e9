import json
from typing import Any

from tests.factories.crm import body

from kubectl_hastecrm.planning.intended import intended

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def live(applied: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    stored = body(**spec)
    if applied is not None:
        stored["metadata"]["annotations"] = {APPLIED: json.dumps({"spec": applied})}
    return stored


def file(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "acme"}, "spec": spec}


def spec_of(stored: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return intended(stored, wanted)["spec"]


def test_what_the_file_says_counts():
    assert spec_of(live(version="1"), file(version="2", paused=True)) == {"version": "2", "paused": True}


def test_what_only_an_earlier_file_said_goes():
    stored = live({"version": "1", "logging": {"level": "DEBUG"}}, version="1", logging={"level": "DEBUG"})

    assert spec_of(stored, file(version="1")) == {"version": "1"}


def test_what_others_have_set_stays():
    stored = live({"version": "1"}, version="1", rollback={"toRevision": 6}, api={"replicas": 5})

    assert spec_of(stored, file(version="2"))["rollback"] == {"toRevision": 6}


def test_parts_of_a_map_are_kept_apart():
    applied = {"version": "1", "api": {"replicas": 2, "probes": {}}}
    stored = live(applied, version="1", api={"replicas": 2, "probes": {}, "env": [1]})

    assert spec_of(stored, file(version="1", api={"replicas": 3}))["api"] == {"replicas": 3, "env": [1]}


def test_server_side_apply_is_as_good_a_witness():
    stored = live(version="1", paused=True)
    owned = {"f:spec": {"f:version": {}, "f:paused": {}}}
    stored["metadata"]["managedFields"] = [{"operation": "Apply", "manager": "kubectl", "fieldsV1": owned}]

    assert spec_of(stored, file(version="1")) == {"version": "1"}


def test_lists_are_replaced_as_a_whole():
    stored = live(version="1", maintenanceWindows=[1, 2])

    assert spec_of(stored, file(version="1", maintenanceWindows=[3]))["maintenanceWindows"] == [3]
