"""The API server and the parser agree: what one takes the other takes, on values that nobody thought of.

Were they to differ, an object would be stored that the operator cannot read, or refused for no reason.
"""

import asyncio
import copy
import random
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from tests.apiserver.objects import manifest, tried
from tests.factories.bad_specs import BAD
from tests.factories.good_specs import GOOD, Path, leaves

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api.hastecrm import HasteCRM

_WORDS = """
a A - a- a.b a..b a_b ä 1 0 -1 1.5 .5 5. 1e3 1e-3 1E3 1Ki 1ki 1.5Gi 1m 0m 00m 1n +1 +.5Mi 1_0 0x1
9E 8Ei 1e40 + . -. 1.2.3 ++1
5s 0s 1m30s 1h60m 1.5s 1d 01d 9999999h 60m 59m 2w 1y 60m1s 02:00 24:00 2:00 23:59
Etc/UTC UTC utc Europe/Vienna europe/vienna Nowhere/City GMT+1 Etc/GMT+1 CET Local US/Pacific
@daily 10.0.0.0/8 10.0.0.1/33 ::/0 :/0 1:2/64 fd00::/8 1.2.3.4 ::1 fe80::1%eth0
https://a.b https://a.b/ https://a.b:1 https://a.b:99999 http://* null * 10r/s 1r/d 0r/s a@b a@b.c @b a@b@c
DEBUG verify-full 'x' Retain small Mon starttls ClusterIssuer Always
"""
_BLANKS = ("", " ", "a b", "a\n", "5 s", "* * * * *", "*/5 * * * *", "*/0 * * * *", "0 2 * * *", " 0 2 * * *")
_CRONS = ("0  2 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * JAN MON", "0 0 * * 7", "5-1 * * * *")
_OTHERS = (0, 1, -1, 29, 30, 100, 65536, 2**31, 0.5, True, False, [], {}, ["a"], [1], [1, 1], {"a": "b"})
# Of these the API server sees the names alone: the parser says what is wrong inside.
FREE_PARTS = {"containers", "initContainers"}
VALUES = (*_WORDS.split(), *_BLANKS, *_CRONS, "a" * 64, "a" * 254, *_OTHERS)


def disagreement(answer: str, body: dict[str, Any]) -> str:
    metadata = body["metadata"] | {"uid": "u", "generation": 1}
    try:
        HasteCRM.parse({**body, "metadata": metadata})
    except ValidationError as exc:
        # What stands in a podTemplate as in a PodSpec has no schema here, so that no rule can see it.
        unseen = all("podTemplate" in error["loc"] for error in exc.errors())
        return "" if answer or unseen else f"only the parser refuses: {exc}"
    return f"only the API server refuses: {answer}" if answer else ""


def replaced(spec: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(spec)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


async def disagreements(cluster: KubernetesCluster, bodies: list[dict[str, Any]]) -> list[str]:
    answers = await asyncio.gather(*(tried(cluster, body) for body in bodies))
    told = [(disagreement(a, body), body["spec"]) for a, body in zip(answers, bodies, strict=True)]
    return [f"{words}\n{yaml.safe_dump(spec)}" for words, spec in told if words]


async def test_they_agree_about_every_example(cluster: KubernetesCluster):
    specs = [*GOOD.values(), *(spec for spec, _ in BAD.values())]

    assert await disagreements(cluster, [manifest("default", **spec) for spec in specs]) == []


@pytest.mark.parametrize("name", GOOD)
async def test_they_agree_when_any_value_is_replaced(cluster: KubernetesCluster, name: str):
    chance = random.Random(name)  # noqa: S311 - the same choice in every run
    spec = {"version": "0.1.0", **GOOD[name]}
    paths = [path for path in leaves(spec) if not FREE_PARTS & set(path)]
    tries = [replaced(spec, path, value) for path in paths for value in chance.sample(VALUES, 8)]

    assert await disagreements(cluster, [manifest("default", **t) for t in tries]) == []
