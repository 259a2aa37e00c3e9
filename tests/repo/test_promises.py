"""Each promise of the CRM is a row of one page, and each row names a test that exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "promises.md"
AREAS = {"Errors", "Probes", "Metrics", "Logs", "Security", "Load", "Shutdown"}
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[list[str]]:
    """Return the cells of each row: area, promise, tests, what is missing."""
    table = PAGE.read_text().partition("|---")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[1:]]


def functions_of(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_area_has_promises_and_no_other_is_invented() -> None:
    assert {row[0] for row in rows()} == AREAS
    assert len(rows()) >= 30


def test_every_promise_names_a_test() -> None:
    assert [row[1] for row in rows() if len(row) != 4 or not _TEST.search(row[2])] == []


def test_every_test_that_is_named_exists() -> None:
    named = _TEST.findall(PAGE.read_text())
    missing = [(file, name) for file, name in named if name not in functions_of(ROOT / "tests" / file)]

    assert missing == []


def test_no_promise_stands_twice() -> None:
    promises = [row[1] for row in rows()]

    assert len(set(promises)) == len(promises)
