from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_hastecrm.planning.difference import MISSING, Field, fields

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def named(**items: object) -> list[dict]:
    return [{"name": name, "value": value} for name, value in items.items()]


@settings(deadline=None)
@given(json)
def test_nothing_differs_from_itself(value: object):
    assert list(fields(value, value)) == []


@settings(deadline=None)
@given(json, json)
def test_what_differs_is_found(old: object, new: object):
    # Beside an empty map, which says as much as none.
    if old != new:
        assert list(fields({"a": [old]}, {"a": [new]})) != []


def test_items_of_a_list_are_told_apart_by_their_name():
    old, new = {"env": named(a=1, b=2)}, {"env": named(b=3, c=4)}

    assert list(fields(old, new)) == [
        Field("env[a].name", "a", MISSING),
        Field("env[a].value", 1, MISSING),
        Field("env[b].value", 2, 3),
        Field("env[c].name", MISSING, "c"),
        Field("env[c].value", MISSING, 4),
    ]


def test_of_a_list_of_words_only_those_that_differ_are_told():
    assert list(fields({"args": ["-a", "-b"]}, {"args": ["-a", "-c"]})) == [Field("args", ["-b"], ["-c"])]


def test_items_without_a_name_are_compared_by_their_place():
    old, new = {"claims": [{"size": {"storage": "1"}}]}, {"claims": [{"size": {"storage": "2"}}]}

    assert list(fields(old, new)) == [Field("claims[0].size.storage", "1", "2")]


def test_a_key_with_dots_stands_in_brackets():
    assert [field.path for field in fields({"labels": {"a.io/b": 1}}, {"labels": {"a.io/b": 2}})] == [
        "labels[a.io/b]"
    ]


def test_bookkeeping_of_the_api_server_is_no_difference():
    old = {
        "metadata": {"generation": 1, "resourceVersion": "1", "annotations": {"hastecrm.io/revision": "a"}}
    }
    new = {
        "metadata": {"generation": 2, "resourceVersion": "2", "annotations": {"hastecrm.io/revision": "b"}}
    }

    assert list(fields(old, new)) == []
