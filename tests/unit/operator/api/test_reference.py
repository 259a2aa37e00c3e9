"""The examples of the reference page are good manifests, and each section has one."""

import sys
from pathlib import Path

import pytest
import yaml
from tests.factories.crm import body

from hastecrm_operator.api.hastecrm import HasteCRM, HasteCRMSpec

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tools"))
from api_examples import EXAMPLES  # noqa: E402 - tools is no package

SAME = {"web", "worker"}  # as api
PLAIN = {"version", "host", "size", "deletionPolicy", "deletionDeadline", "paused", "hibernated"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_can_be_applied(name: str):
    written = yaml.safe_load(EXAMPLES[name])

    parsed = HasteCRM.parse(body(**written))
    assert name in written
    assert parsed.spec.version == "0.1.0"


def test_every_section_has_an_example():
    fields = {field.alias or name for name, field in HasteCRMSpec.model_fields.items()}

    assert fields - SAME - PLAIN == set(EXAMPLES)
