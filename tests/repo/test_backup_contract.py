"""What the operator asks of the image's programs for dumps, and what it understands of their answers."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from tests.factories.crm import EXAMPLES, crm, dumps, rendering

from hastecrm.core.settings import NEEDS, PREFIX, Settings
from hastecrm.dumps import errors
from hastecrm.dumps.catalogue import Catalogue, Contents
from hastecrm.dumps.manifest import DumpedSchema, Manifest, name_of
from hastecrm.dumps.report import failure_of, report_of
from hastecrm.main import _parser
from hastecrm_operator.api.reasons import DumpFailures
from hastecrm_operator.engine.backups.fields import FIELDS
from hastecrm_operator.engine.backups.records import dump_name
from hastecrm_operator.engine.backups.reports import dump_report, refusal
from hastecrm_operator.resources.config_map import config_map

BACKED = {name: spec for name, spec in EXAMPLES.items() if "backup" in spec}
ASKED = {"backup", "backups", "verify"}
APP = Path(__file__).parents[2] / "app" / "hastecrm"
NOW = datetime(2026, 1, 1, 2, 0, 5, tzinfo=UTC)


def programs(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the container of each Job that reads or writes dumps."""
    of = crm(**spec)
    made = [m["spec"].get("jobTemplate", m)["spec"] for m in dumps(of, rendering(of)) if "Job" in m["kind"]]
    found = [job["template"]["spec"]["containers"][0] for job in made]
    return [program for program in found if program["args"][0] in ASKED]


def manifest(name: str) -> Manifest:
    return Manifest(
        name=name,
        file=f"{name}.dump.zst",
        taken_at=NOW,
        schema_=DumpedSchema(version=12, compatible_from=9),
        release="0.1.0",
        server_version="15.14",
        tables={"contacts": 7, "accounts": 2},
        size=1048576,
        sha256="9" * 64,
        seconds=12.4,
        encrypted=True,
    )


@pytest.mark.parametrize("spec", BACKED.values(), ids=BACKED)
def test_every_variable_is_a_setting_and_none_is_missing(spec: dict[str, Any]):
    configured = {key.removeprefix(PREFIX).lower() for key in config_map(crm(**spec))["data"]}
    for program in programs(spec):
        own = {variable["name"].removeprefix(PREFIX).lower() for variable in program["env"]}

        assert own <= Settings.model_fields.keys()
        assert set(NEEDS["backup"].required) <= configured | own


@pytest.mark.parametrize("spec", BACKED.values(), ids=BACKED)
def test_every_command_line_is_understood(spec: dict[str, Any]):
    for program in programs(spec):
        assert _parser(program["args"]).parse_args(program["args"]).command == program["args"][0]


def test_every_word_of_a_failure_has_a_meaning():
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    words = {kind.reason for kind in kinds if issubclass(kind, errors.DumpError)}

    assert len(words) > 10
    assert words <= set(DumpFailures)


def test_a_failure_names_the_field_of_the_spec_and_no_variable():
    error = errors.TLSFailedError("no trust; name the authority in HASTECRM_BACKUP_S3_CA_FILE")
    said = orjson.dumps(failure_of(error)).decode()

    told = refusal(said, "BackoffLimitExceeded").error
    assert told == "no trust; name the authority in spec.backup.destination.s3.caSecretName"


def test_every_setting_that_a_failure_may_name_is_a_field_of_the_spec():
    sources = (path.read_text() for folder in ("dumps", "restores") for path in (APP / folder).rglob("*.py"))
    named = {word for text in sources for word in re.findall(r"HASTECRM_BACKUP_[A-Z0-9_]+", text)}

    assert named
    assert named == FIELDS.keys()


def test_a_failure_is_understood():
    said = orjson.dumps(failure_of(errors.DestinationFullError("no room in /backup"))).decode()

    assert refusal(said, "BackoffLimitExceeded") == ("DestinationFull", "no room in /backup")


def test_a_report_is_understood():
    catalogue = Catalogue(SimpleNamespace(), "sales-acme")  # type: ignore[arg-type]
    there = Contents([manifest("acme-2"), manifest("acme-1")], [])
    said = dump_report(orjson.dumps(report_of(manifest("acme-2"), catalogue, there, ["acme-0"])).decode())

    assert said
    assert (said.name, said.key) == ("acme-2", "sales-acme/acme-2.dump.zst")
    assert (said.bytes, said.rows, said.tables, said.encrypted) == (1048576, 9, 2, True)
    assert said.schema_
    assert (said.schema_.version, said.schema_.compatible_from) == (12, 9)
    assert (said.taken_at, said.pruned) == ("2026-01-01T02:00:05Z", ("acme-0",))
    assert [dump.name for dump in said.found] == ["acme-2", "acme-1"]


def test_both_call_a_dump_the_same():
    assert dump_name("acme", NOW) == name_of("acme", NOW)
