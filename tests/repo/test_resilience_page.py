"""Each row of the page on failures is proven by a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "resilience.md"


def rows() -> list[str]:
    table = PAGE.read_text().partition("|---")[2].partition("\n\n")[0]
    return table.splitlines()[1:]


def test_every_row_names_a_test() -> None:
    assert len(rows()) > 15
    assert [row for row in rows() if "`test_" not in row] == []


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))

    assert {name for name in named if f"def {name}(" not in sources} == set()
