"""`hastecrm generate-secrets`: strong values in three forms, and the steps of a rotation."""

import json
import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from hastecrm.core.settings.rotation import Step, rotated
from hastecrm.core.settings.secrets import GENERATED
from hastecrm.core.settings.strength import guessing_bits
from hastecrm.main import main

NAMES = [f"HASTECRM_{name.upper()}" for name in GENERATED]
FILE = """\
# kept as it stands
HASTECRM_DATABASE_HOST=db
export HASTECRM_SECRET_KEY="present"
HASTECRM_ACCESS_TOKEN=$untouched
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["generate-secrets", *arguments]) == 0
    return capsys.readouterr().out


def as_env(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_every_secret_of_ours_gets_a_strong_value_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = as_env(printed(capsys)), as_env(printed(capsys))

    assert list(first) == NAMES
    assert len({*first.values(), *second.values()}) == 2 * len(NAMES)
    assert all(len(value) == 43 and guessing_bits(value) > 150 for value in first.values())


def test_what_is_generated_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "env"
    rest = {
        "DATABASE_HOST": "db",
        "REDIS_HOST": "redis",
        "API_URL": "http://api",
        "PUBLIC_URL": "https://crm.example",
    }
    path.write_text(printed(capsys) + "".join(f"HASTECRM_{name}={value}\n" for name, value in rest.items()))

    assert main(["check-config", "--env-file", str(path)]) == 0
    assert "✗" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["HASTECRM_SECRET_KEY", "secret_key", "SECRET_KEY"])
def test_one_secret_can_be_asked_for_by_any_of_its_names(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(as_env(printed(capsys, "--only", name))) == ["HASTECRM_SECRET_KEY"]


def test_kubernetes_gets_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    manifest = yaml.safe_load(printed(capsys, "--format", "kubernetes", "--name", "crm-env"))

    assert (manifest["apiVersion"], manifest["kind"], manifest["type"]) == ("v1", "Secret", "Opaque")
    assert manifest["metadata"] == {"name": "crm-env"}
    assert list(manifest["stringData"]) == NAMES
    assert all(isinstance(value, str) for value in manifest["stringData"].values())


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(json.loads(printed(capsys, "--format", "json"))) == NAMES


def rotate(path: Path, capsys: pytest.CaptureFixture[str], *step: str) -> tuple[dict[str, str | None], str]:
    """Do as the page says: print the next file, then put it in the place of the old one."""
    text = printed(capsys, "--rotate", str(path), *(["--step", *step] if step else []))
    path.write_text(text)
    return dotenv_values(path, interpolate=False), text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".env.production"
    path.write_text(FILE)
    return path


def test_a_rotation_at_once_signs_with_a_new_key_and_accepts_the_old(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values, text = rotate(file, capsys)

    assert values["HASTECRM_SECRET_KEY_PREVIOUS"] == "present"
    assert len(str(values["HASTECRM_SECRET_KEY"])) == 43
    kept = [line for line in FILE.splitlines() if "SECRET_KEY" not in line]
    assert [line for line in text.splitlines() if "SECRET_KEY" not in line] == kept


def test_a_rotation_in_steps_lets_no_process_see_a_key_that_it_does_not_know(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def keys(step: str) -> tuple[str | None, str | None]:
        values, _ = rotate(file, capsys, step)
        return values["HASTECRM_SECRET_KEY"], values.get("HASTECRM_SECRET_KEY_PREVIOUS")

    announced, swapped, finished = keys("announce"), keys("swap"), keys("finish")
    new = announced[1]
    assert announced == ("present", new)
    assert new not in {None, "present"}
    assert swapped == (new, "present")
    assert finished == (new, None)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "# a comment", "HASTECRM_APP_PORT=1", "HASTECRM_SECRET_KEYS=no", "#HASTECRM_SECRET_KEY=x"]
        ),
        st.from_regex(r"[A-Z_]{1,8}=[a-z0-9 #]{0,12}", fullmatch=True),
    )
)


@settings(max_examples=50, deadline=None)
@given(before=LINES, after=LINES)
def test_a_rotation_leaves_every_other_line_as_it_stands(before: list[str], after: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "env"
        path.write_text("\n".join([*before, "HASTECRM_SECRET_KEY=present", *after]))
        text, _ = rotated(path, Step.NOW, "next")

    keys = ["HASTECRM_SECRET_KEY=next", "HASTECRM_SECRET_KEY_PREVIOUS=present"]
    assert text.rstrip("\n").split("\n") == "\n".join([*before, *keys, *after]).rstrip("\n").split("\n")


def test_dropping_a_key_that_was_accepted_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rotate(file, capsys)

    assert main(["generate-secrets", "--rotate", str(file)]) == 0
    assert "HASTECRM_SECRET_KEY_PREVIOUS until now is not accepted any more" in capsys.readouterr().err


def test_the_file_is_only_read(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.chmod(stat.S_IRUSR)
    printed(capsys, "--rotate", str(file))

    assert file.read_text() == FILE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--step", "swap"], "--step belongs to --rotate"),
        (["--name", "x"], "--name belongs to --format kubernetes"),
        (["--rotate", "FILE", "--only", "secret_key"], "no --only"),
        (["--rotate", "FILE", "--step", "swap"], "there is nothing to swap"),
        (["--rotate", "FILE", "--step", "finish"], "there is nothing to finish"),
        (["--rotate", "/nowhere/.env"], "cannot be read: No such file"),
        (["--rotate", os.devnull], "has no HASTECRM_SECRET_KEY"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(file) if word == "FILE" else word for word in arguments]

    assert main(["generate-secrets", *given]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    "arguments", [["--only", "mail_password"], ["--format", "kubernetes", "--name", "A B"]]
)
def test_what_is_not_ours_to_make_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["generate-secrets", *arguments])

    assert caught.value.code == 2
