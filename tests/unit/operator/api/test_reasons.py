"""Reasons are stable words: each is in the enumeration, means something, and is really given by somebody."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hastecrm_operator.api.conditions import MEANINGS, TYPES
from hastecrm_operator.api.reasons import (
    SUBJECTS,
    Analysis,
    Connections,
    DumpFailures,
    MigrationFailures,
    Reason,
    Refused,
    RestoreFailures,
    Restores,
)
from hastecrm_operator.engine.connection_advice import _ADVICE

ROOT = Path(__file__).resolve().parents[4]
ENGINE = ROOT / "operator" / "hastecrm_operator" / "engine"
# The position of the reason among the arguments of what makes a condition.
MAKERS = {"yes": 0, "no": 0, "unknown": 0, "Verdict": 1, "Waiting": 1, "Stalled": 1, "Imperfect": 1}
# What the application's programs and the API server say is passed on as they say it.
WORDS_OF_OTHERS = {Analysis, Connections, DumpFailures, MigrationFailures, Refused, RestoreFailures}
ALL = [reason for subject in SUBJECTS for reason in subject]


def test_every_reason_in_the_engine_is_a_member_and_no_loose_word():
    loose = [
        f"{path.name}:{call.lineno} {reason.value}"
        for path in ENGINE.rglob("*.py")
        for call, reason in reasons_given(path)
        if isinstance(reason, ast.Constant)
    ]

    assert loose == [], "give the word a line in api/reasons and use the member"


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s not in WORDS_OF_OTHERS], ids=str)
def test_every_reason_is_given_by_somebody(subject: type[Reason]):
    sources = "\n".join(path.read_text() for path in ENGINE.rglob("*.py"))

    assert [r.name for r in subject if f"{subject.__name__}.{r.name}" not in sources] == []


def test_every_word_of_a_connection_check_has_a_meaning():
    source = ROOT / "app" / "hastecrm" / "core" / "connection_check" / "reasons.py"
    given = set(re.findall(r', "([A-Z][A-Za-z]+)"\),', source.read_text()))

    assert len(given) > 10
    assert given | set(_ADVICE) <= set(Connections)


def test_every_word_of_a_dump_or_a_restore_has_a_meaning():
    files = [ROOT / "app" / "hastecrm" / part / "errors.py" for part in ("dumps", "restores")]
    given = {word for file in files for word in re.findall(r'reason(?:: .*)? = "(.*)"', file.read_text())}

    assert len(given) > 10
    assert given <= {*DumpFailures, *RestoreFailures, *Restores}


@pytest.mark.parametrize("reason", ALL, ids=str)
def test_a_reason_is_one_word_with_a_sentence(reason: Reason):
    assert re.fullmatch(r"[A-Z][A-Za-z]+", reason)
    assert reason.meaning.endswith(".")
    assert not reason.fix or reason.fix.endswith(".")


def test_every_condition_is_explained():
    assert tuple(MEANINGS) == TYPES


def test_the_reference_is_what_the_enumerations_say():
    check = [sys.executable, str(ROOT / "tools" / "generate_conditions_reference.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def reasons_given(path: Path) -> Iterator[tuple[ast.Call, ast.expr]]:
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MAKERS:
            position = MAKERS[call.func.id]
            if len(call.args) > position:
                yield call, call.args[position]
