"""The generated CustomResourceDefinition, as a file; tests/apiserver tries it out."""

import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.factories.good_specs import GOOD, Path, leaves

ROOT = pathlib.Path(__file__).resolve().parents[4]
CRDS = sorted((ROOT / "crds").glob("*.yaml"))
VALIDATIONS = "x-kubernetes-validations"
KINDS = ("managed", "external")
FORBIDDEN = {"$ref", "$defs", "title", "const"}


def schema_in(crd: pathlib.Path) -> dict[str, Any]:
    return yaml.safe_load(crd.read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return schema_in(ROOT / "crds" / "hastecrm.yaml")


@pytest.fixture(scope="module", params=CRDS, ids=lambda crd: crd.stem)
def each(request: pytest.FixtureRequest) -> dict[str, Any]:
    return schema_in(request.param)


def test_it_is_what_the_models_say():
    for generator in ("generate_crd.py", "generate_api_reference.py"):
        check = [sys.executable, str(ROOT / "tools" / generator), "--check"]
        done = subprocess.run(check, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stderr


def test_each_is_small_enough_for_kubectl_apply():
    # Client-side apply copies the object into an annotation of at most 256 KiB.
    assert len(CRDS) == 3
    assert [crd.stem for crd in CRDS if crd.stat().st_size >= 200_000] == []


def test_no_category_hides_a_kind():
    named = [yaml.safe_load(crd.read_text())["spec"]["names"] for crd in CRDS]
    categories = {category for each in named for category in each.get("categories", ())}

    assert not categories & {name for each in named for name in (each["singular"], *each["shortNames"])}


def test_every_field_is_described(each: dict[str, Any]):
    undescribed = [path for path, field in fields(each) if not field.get("description")]

    assert undescribed == ["metadata"]  # The API server describes that one itself.


def test_every_default_is_told_in_words_too(each: dict[str, Any]):
    told = {p: f["description"] for p, f in fields(each) if "default" in f and f["default"] != {}}

    assert [path for path, words in told.items() if "Default: " not in words] == []


def test_every_leaf_has_a_default_or_an_example(each: dict[str, Any]):
    leaves = {p: f.get("description", "") for p, f in fields(each) if p != "metadata" and not parts(f)}
    silent = [path for path, words in leaves.items() if "Default: " not in words and "Example: " not in words]

    assert len(leaves) > 10
    assert silent == []


def test_every_rule_says_what_to_write(schema: dict[str, Any]):
    rules = [rule for _, field in [("", schema), *fields(schema)] for rule in field.get(VALIDATIONS, ())]

    assert len(rules) > 20
    assert [r["rule"] for r in rules if len(r.get("message", "")) < 20] == []


def test_it_is_structural(each: dict[str, Any]):
    found = {key for _, field in fields(each) for key in field} & FORBIDDEN

    assert found == set()


def test_alternatives_are_left_open_by_the_defaults(schema: dict[str, Any]):
    spec = schema["properties"]["spec"]["properties"]
    alternatives = [spec[store]["properties"][kind] for store in ("database", "redis") for kind in KINDS]

    assert not any("default" in alternative for alternative in alternatives)


def test_the_good_examples_write_every_field(schema: dict[str, Any]):
    spec = schema["properties"]["spec"]
    written = {as_field(path) for spec in GOOD.values() for path in leaves(spec)}

    assert sorted({as_field(path) for path in paths(spec)} - written) == []


def parts(field: dict[str, Any]) -> list[Any]:
    return [*fields(field), *fields(field.get("items", {}))]


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        yield here, field
        yield from fields(field, here)
        yield from fields(field.get("items", {}), f"{here}[]")


def as_field(path: Path) -> Path:
    """Return the field without positions in lists; fields of the same model count as one."""
    names = tuple(key for key in path if isinstance(key, str))
    alike = next((names[at:] for at, name in enumerate(names) if name in {"resources", "probes"}), names)
    kind = {"requests": "limits", "liveness": "startup", "readiness": "startup"}
    return tuple(kind.get(name, name) for name in alike if name not in {"api", "web", "worker"})


def paths(schema: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    for name, field in {
        **schema.get("properties", {}),
        **schema.get("items", {}).get("properties", {}),
    }.items():
        yield (*path, name)
        yield from paths(field, (*path, name))
