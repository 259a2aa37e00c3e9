"""The repository keeps the shape that ARCHITECTURE.md promises."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("operator", "app", "tools", "bench")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / line for line in listed if (ROOT / line).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in SOURCES]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("folder", ["operator", "app"])
def test_folders_of_packages_are_no_packages(folder: str):
    # operator/__init__.py would shadow the standard library's operator and break the interpreter.
    assert not (ROOT / folder / "__init__.py").exists()


def test_files_are_short():
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in sources()}

    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_functions_are_short():
    long = {f"{p.relative_to(ROOT)}:{name}": n for p in sources() for name, n in functions(p) if n > 40}

    assert long == {}


def test_modules_are_named_after_what_they_do():
    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in VAGUE_NAMES] == []


def test_every_folder_has_a_line_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tracked_files = [
        p.relative_to(ROOT) for p in tracked() if not p.relative_to(ROOT).parts[0].startswith(".")
    ]
    top = {p.parts[0] for p in tracked_files if len(p.parts) > 1}
    programs = {
        "/".join(p.parts[:3]) for p in tracked_files if p.parts[0] in {"operator", "app"} and len(p.parts) > 3
    }

    assert [folder for folder in sorted(top | programs) if f"`{folder}" not in text] == []


def test_nothing_speaks_of_the_machine_it_was_made_on():
    own = Path(__file__).relative_to(ROOT)
    suspects = ("/work/", "/root/.pyenv")
    texts = [p for p in tracked() if p.suffix not in {".png", ".svg", ".sum"} and p.relative_to(ROOT) != own]
    found = [
        f"{path.relative_to(ROOT)}: {suspect}"
        for path in texts
        for suspect in suspects
        if suspect in path.read_text(errors="ignore")
    ]

    assert found == []


def test_each_decision_has_a_number_of_its_own():
    numbers = [page.name[:4] for page in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))]

    assert len(numbers) == len(set(numbers))
