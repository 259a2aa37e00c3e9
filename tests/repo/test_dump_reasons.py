"""The operator explains every word that a Job says about a dump."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from hastecrm.dumps import errors
from hastecrm_operator.api.reasons.dumps import DumpFailures

FOLDER = Path(errors.__file__).parent


def kinds(of: type[errors.DumpError]) -> Iterator[type[errors.DumpError]]:
    yield of
    for each in of.__subclasses__():
        yield from kinds(each)


def test_every_reason_of_the_program_has_a_way_out_in_the_operator():
    for module in FOLDER.glob("*.py"):
        importlib.import_module(f"hastecrm.dumps.{module.stem}")

    assert {kind.reason for kind in kinds(errors.DumpError)} <= {str(each) for each in DumpFailures}
