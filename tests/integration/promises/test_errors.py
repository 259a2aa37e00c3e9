"""What is promised about errors: there is one enumeration, and everything else follows it."""

import ast
import re
from pathlib import Path

from tests.integration.application import Running

from hastecrm.core.codes import Code

ROOT = Path(__file__).resolve().parents[3]
NAMES = {code.name for code in Code}


def sources() -> list[Path]:
    return [path for path in (ROOT / "app" / "hastecrm").rglob("*.py") if path.name != "codes.py"]


def raised() -> set[str]:
    """Return the members of the enumeration that the code names."""
    nodes = [node for path in sources() for node in ast.walk(ast.parse(path.read_text()))]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes if ast.unparse(node.value).endswith("Code")}


async def test_one_enumeration_feeds_raise_sites_page_openapi_and_typescript(api: Running) -> None:
    document = (await api.call("GET", "/openapi.json")).json
    catalogue = (await api.call("GET", "/problems")).json
    page = (ROOT / "docs/reference/errors.md").read_text()
    types = re.search(r"ErrorCode =(.*?);", (ROOT / "app/web/src/api/errors.ts").read_text(), re.DOTALL)

    assert types is not None
    assert raised() & NAMES == NAMES
    assert set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == NAMES
    assert {each["code"] for each in catalogue["items"]} == NAMES
    assert set(re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)) == NAMES
    assert set(re.findall(r'"(\w+)"', types[1])) == NAMES


def test_no_raise_site_spells_a_code_as_text() -> None:
    spelled = {
        f"{path.name}: {node.value}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in NAMES
    }

    assert spelled == set()
