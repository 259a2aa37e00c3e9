"""No value of any Secret leaves by a support bundle, wherever it may stand."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_hastecrm.scrubbing import Scrubber

values = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=6, max_size=60)
keys = st.sampled_from(["password", "token", "tls.key", "anything"])


def secret(**data: str) -> dict[str, Any]:
    stored = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": "acme-keys"}, "type": "Opaque", "data": stored}


@settings(deadline=None)
@given(keys, values)
def test_a_secret_is_told_by_the_names_and_sizes_of_its_keys(key: str, value: str):
    of = secret(**{key: value})
    shown = yaml.safe_dump(Scrubber([]).object(of))

    assert value not in shown
    assert of["data"][key] not in shown
    assert f"{len(value.encode())} bytes" in shown


@settings(deadline=None)
@given(keys, values, st.sampled_from(["plain", "json", "url", "base64"]))
def test_a_known_value_is_found_in_any_text(key: str, value: str, form: str):
    spelled = {
        "plain": value,
        "json": json.dumps({"said": value}),
        "url": quote(value, safe=""),
        "base64": base64.b64encode(value.encode()).decode(),
    }[form]
    text = Scrubber([secret(**{key: value})]).text(f"before {spelled} after")

    assert value not in text
    assert spelled.strip('{}"') not in text
    assert text.startswith("before")


@settings(deadline=None)
@given(keys, values)
def test_a_known_value_is_found_in_any_object(key: str, value: str):
    body = {
        "kind": "Deployment",
        "metadata": {"name": "a", "annotations": {"note": value}, "labels": {value: "x"}},
        "spec": {"template": [{"args": ["--password", value]}, {"deep": {"er": f"a{value}b"}}]},
        "status": {"blocking": [{"log": f"line\n{value}\n"}]},
    }
    shown = Scrubber([secret(**{key: value})]).object(body)

    assert value not in json.dumps(shown, ensure_ascii=False)


@settings(deadline=None)
@given(values)
def test_values_of_environment_variables_never_pass_known_or_not(value: str):
    env = [{"name": "A", "value": value}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s"}}}]
    body = {
        "kind": "HasteCRM",
        "metadata": {
            "name": "acme",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(env)},
        },
        "spec": {"api": {"env": env, "podTemplate": {"spec": {"containers": [{"env": env}]}}}},
    }
    shown = Scrubber([]).object(body)

    assert shown["spec"]["api"]["env"] == [{"name": "A", "value": "***"}, env[1]]
    assert json.dumps(value)[1:-1] not in json.dumps(shown["spec"]["api"]["podTemplate"])
    assert "annotations" not in shown["metadata"]


def test_a_key_of_many_lines_is_found_line_by_line():
    key = "-----BEGIN X-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEFAASC\n-----END X-----"
    text = Scrubber([secret(**{"tls.key": key})]).text("  MIIEvQIBADANBg\n  kqhkiG9w0BAQEFAASC\n")

    assert text.split() == ["***", "***"]


def test_names_that_anybody_may_know_stay_readable():
    scrubber = Scrubber([secret(username="hastecrm", password="correct horse")])

    assert scrubber.text("user hastecrm of hastecrm.io") == "user hastecrm of hastecrm.io"


@pytest.mark.parametrize("part", ["managedFields", "annotations"])
def test_what_only_the_api_server_reads_is_left_out(part: str):
    body = {"kind": "Pod", "metadata": {"name": "a", "managedFields": [{}]}}

    assert part not in Scrubber([]).object(body)["metadata"]
