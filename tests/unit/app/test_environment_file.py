"""The example file for production can be filled in and used as it is."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from hastecrm.core.settings import NEEDS, PREFIX, ConfigurationError, Settings
from hastecrm.core.settings.example import ROLES, example, shown
from hastecrm.core.settings.file import FileSettings
from hastecrm.core.settings.values import is_secret

ROOT = Path(__file__).parents[3]
GIVEN = {
    "HASTECRM_ACCESS_TOKEN": "8f1c0e5b7a2d4963c1d0f7e2ab965348",
    "HASTECRM_SECRET_KEY": "5bd2a1f07c3e4896e9d4b3021fa87c65",
    "HASTECRM_API_URL": "http://hastecrm-api:8000",
    "HASTECRM_DATABASE_HOST": "db.example.com",
}
VARIABLE = re.compile(r"^#?(HASTECRM_\w+)=(.*)$", re.MULTILINE)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / ".env.production"
    path.write_text(text)
    return path


def filled(text: str) -> str:
    """What a person makes of the example: every empty line that waits for a value has one."""
    return re.sub(
        r"^(HASTECRM_\w+)=$", lambda found: f"{found[1]}={GIVEN[found[1]]}", text, flags=re.MULTILINE
    )


def test_every_setting_is_in_the_file_once() -> None:
    names = [name for name, _ in VARIABLE.findall(example())]

    assert sorted(names) == sorted(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("role", ROLES)
def test_a_filled_copy_starts_every_role(role: str, tmp_path: Path) -> None:
    settings = FileSettings.load(role, file=written(tmp_path, filled(example())))

    assert all(getattr(settings, name) is not None for name in NEEDS[role].required)


def test_a_copy_that_was_not_filled_in_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        FileSettings.load("web", file=written(tmp_path, example()))

    assert {finding.variable for finding in caught.value.findings} == {
        "HASTECRM_API_URL",
        "HASTECRM_SECRET_KEY",
    }


def test_removing_every_comment_sign_changes_nothing(tmp_path: Path) -> None:
    uncommented = re.sub(r"^#(HASTECRM_)", r"\1", example(), flags=re.MULTILINE)
    quiet = FileSettings.load("schema", file=written(tmp_path, ""))

    assert FileSettings.load("schema", file=written(tmp_path, uncommented)) == quiet


def test_what_no_role_requires_is_a_comment_and_what_one_requires_is_empty() -> None:
    required = {f"{PREFIX}{name.upper()}" for role in ROLES for name in NEEDS[role].required}

    open_lines = dict(line.split("=") for line in example().splitlines() if line.startswith(PREFIX))
    assert open_lines == dict.fromkeys(required, "")


def test_no_secret_is_filled_in() -> None:
    secrets = {
        f"{PREFIX}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if is_secret(field.annotation)
    }

    assert {name: value for name, value in VARIABLE.findall(example()) if name in secrets} == dict.fromkeys(
        secrets, ""
    )


def test_every_variable_is_explained_and_says_who_reads_it() -> None:
    entries = [entry for entry in example().split("\n\n") if VARIABLE.search(entry)]

    assert len(entries) == len(Settings.model_fields)
    for entry in entries:
        lines = entry.strip().splitlines()
        assert len(lines) >= 3, entry
        assert all(line.startswith("# ") and len(line) <= 108 for line in lines[:-1]), entry
        assert re.search(r"(Read|Required) by ", entry), entry


def test_the_file_says_nothing_that_only_one_reader_understands(tmp_path: Path) -> None:
    """Docker and systemd take values as they stand; a shell would split, expand or comment."""
    path = written(tmp_path, filled(example()))
    script = f'set -a; . "{path}"; env -0'
    done = subprocess.run(
        ["sh", "-euc", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )

    said = dict(each.split("=", 1) for each in done.stdout.split("\0") if each.startswith(PREFIX))
    assert said == GIVEN == {name: value for name, value in dotenv_values(path).items() if value}


@pytest.mark.parametrize(
    ("default", "text"),
    [(None, ""), (True, "true"), (5.0, "5"), (0.25, "0.25"), (("a", "b"), "a,b"), ((), ""), (10, "10")],
)
def test_a_default_is_shown_as_a_variable_would_hold_it(default: object, text: str) -> None:
    assert shown(default) == text


def test_a_file_is_read_without_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASTECRM_APP_PORT", "1234")
    monkeypatch.setenv("HASTECRM_DATABASE_PORT", "nonsense")
    settings = FileSettings.load("worker", file=written(tmp_path, "HASTECRM_DATABASE_HOST=db\n"))

    assert (settings.app_port, settings.database_host) == (8000, "db")


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert (ROOT / ".env.production.example").read_text(encoding="utf-8") == example()
