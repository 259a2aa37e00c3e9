"""Names of metrics follow Prometheus' conventions (`promtool check metrics`); each is explained."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hastecrm.core.server import Service
from hastecrm.core.settings import Settings

PAGE = Path(__file__).parents[3] / "docs/explanation/observability.md"
ROLES = ("api", "web", "worker")
NOT_BASE_UNITS = {
    "milliseconds",
    "ms",
    "minutes",
    "hours",
    "days",
    "kilobytes",
    "megabytes",
    "kb",
    "mb",
    "percent",
}
UNITS = ("seconds", "bytes", "ratio")
KINDS = ("gauge", "histogram", "counter", "summary", "info", "untyped", "unknown")
LIBRARY = ("process_", "python_")


@dataclass(frozen=True)
class Family:
    """A metric as it is exposed."""

    name: str
    kind: str
    help: str
    labels: frozenset[str]


def settings() -> Settings:
    return Settings(
        database_host="db",
        redis_host="cache",
        api_url="http://api",
        access_token="t" * 32,
        secret_key="k" * 32,
    )


async def families(role: str) -> list[Family]:
    """Return every metric of a role, whether it has a value yet or not; connects to nothing."""
    service: Service = await import_module(f"hastecrm.main.{role}").build(settings())
    match = await service.probes.app.router.resolve(make_mocked_request("GET", "/metrics"))
    response = await match.handler(make_mocked_request("GET", "/metrics"))
    assert isinstance(response, web.Response)
    text = bytes(response.body or b"").decode()  # type: ignore[arg-type]
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.M))
    return [Family(name, kind, helps.get(name, ""), _labels(text, name)) for name, kind in kinds.items()]


def _labels(text: str, name: str) -> frozenset[str]:
    found = re.findall(rf"^{name}(?:_bucket|_sum|_count)?{{(.*)}} ", text, re.M)
    return frozenset(label for labels in found for label in re.findall(r'([a-z_]+)="', labels))


def complaints(family: Family) -> list[str]:
    """Return what Prometheus' own linter would say."""
    name, kind = family.name, family.kind
    stem = name.removesuffix("_total")
    words = set(name.split("_"))
    rules: Mapping[str, bool] = {
        "needs a help text that is a sentence": not re.fullmatch(r"\S.*\S", family.help),
        "counters end in _total": (kind == "counter") != name.endswith("_total"),
        "only lower case, digits and underscores": not re.fullmatch(r"[a-z][a-z0-9_]*", name),
        "base units, written out": bool(words & NOT_BASE_UNITS),
        "the unit comes last": any(unit in words and not stem.endswith(unit) for unit in UNITS),
        "no type in the name": bool(words & set(KINDS)) and not name.endswith("_info"),
        "no suffix of a histogram": name.endswith(("_count", "_sum", "_bucket")),
        "no label without bounds": bool(family.labels & {"path", "user", "id", "email", "url", "client"}),
        "histograms have a unit": kind == "histogram" and not name.endswith(UNITS),
    }
    return [f"{name}: {rule}" for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("role", ROLES)
async def test_names_and_help_texts_follow_the_conventions(role: str) -> None:
    ours = [family for family in await families(role) if not family.name.startswith(LIBRARY)]

    assert len(ours) > 20
    assert all(family.name.startswith("hastecrm_") for family in ours)
    assert [complaint for family in ours for complaint in complaints(family)] == []


@pytest.mark.parametrize(
    ("family", "rule"),
    [
        (Family("hastecrm_requests", "counter", "Requests.", frozenset()), "counters end in _total"),
        (Family("hastecrm_wait_ms", "gauge", "Wait.", frozenset()), "base units, written out"),
        (Family("hastecrm_seconds_waited", "gauge", "Wait.", frozenset()), "the unit comes last"),
        (Family("hastecrm_x", "gauge", "", frozenset()), "needs a help text that is a sentence"),
        (Family("hastecrm_x", "gauge", "X.", frozenset({"path"})), "no label without bounds"),
        (
            Family("hastecrm_wait", "histogram", "Wait.", frozenset()),
            "histograms have a unit",
        ),
    ],
)
def test_the_linter_sees_what_it_should(family: Family, rule: str) -> None:
    assert f"{family.name}: {rule}" in complaints(family)


async def test_every_metric_is_explained_on_the_page_and_the_page_invents_none() -> None:
    known = {family.name for role in ROLES for family in await families(role)}
    explained = set(re.findall(r"^\| `((?:hastecrm|process|python)_[a-z0-9_]+)`", PAGE.read_text(), re.M))

    assert explained == known, f"add a row for each metric to {PAGE.name}, and remove those that are gone"
