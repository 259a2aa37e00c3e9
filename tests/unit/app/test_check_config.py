"""`hastecrm check-config`: what people and programs are told, and how it ends."""

import json
from pathlib import Path

import pytest

from hastecrm.core.settings import ROLES
from hastecrm.core.settings.audit import unknown
from hastecrm.core.settings.findings import Level
from hastecrm.main import COMMANDS, main

GOOD = """\
HASTECRM_ACCESS_TOKEN=uW0Xn3oJq8s1hYc5T7eLrKdZ4vB6mAgPfi2wQxN9RtE
HASTECRM_SECRET_KEY=5bd2a1f07c3e4896e9d4b3021fa87c655bd1a2f07c3e4896
HASTECRM_DATABASE_PASSWORD=dN7-qLw2_Zx9KfYb
HASTECRM_REDIS_PASSWORD=hV3tP8_rMc6WjQe1
HASTECRM_DATABASE_HOST=postgres
HASTECRM_REDIS_HOST=redis
HASTECRM_API_URL=http://api:8000
HASTECRM_PUBLIC_URL=https://crm.example.com
"""
WEAK = "changeme-changeme-changeme-changeme"


def checked(tmp_path: Path, text: str, *arguments: str) -> int:
    path = tmp_path / "production.env"
    path.write_text(text)
    return main(["check-config", "--env-file", str(path), *arguments])


def test_a_good_file_is_four_lines_and_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = checked(tmp_path, GOOD)

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split()[:2] for line in lines] == [["✓", role] for role in ROLES]


def test_what_is_wrong_stands_before_what_is_questionable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = checked(
        tmp_path,
        GOOD.replace(
            "HASTECRM_SECRET_KEY=5bd2a1f07c3e4896e9d4b3021fa87c655bd1a2f07c3e4896",
            f"HASTECRM_SECRET_KEY={WEAK}",
        )
        + "HASTECRM_LOG_LEVEL=DEBUG\nHASTECRM_APP_PORT=many\nHASTECRM_POOL_MAXSIZE=9\n",
    )

    out = capsys.readouterr().out
    heads = [line.split()[:2] for line in out.splitlines() if line[0:1] in {"✗", "!"}]
    assert code == 1
    assert heads[:2] == [["✗", "HASTECRM_APP_PORT"], ["✗", "HASTECRM_SECRET_KEY"]]
    assert ["!", "HASTECRM_LOG_LEVEL"] in heads
    assert ["!", "HASTECRM_POOL_MAXSIZE"] in heads
    assert "→ correct its spelling" in out
    assert WEAK not in out


def test_programs_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = checked(tmp_path, GOOD.replace("https://", "http://"), "--output", "json", "--role", "web")

    body = json.loads(capsys.readouterr().out)
    assert (code, body["ok"]) == (1, False)
    assert body["roles"]["web"] | {"settings": 0} == {"settings": 0, "errors": 1, "warnings": 0}
    assert body["findings"] == [
        {
            "level": "error",
            "variable": "HASTECRM_PUBLIC_URL",
            "wrong": "is an http address: passwords and sessions travel in clear text",
            "fix": "serve it through TLS and use its https address",
            "roles": ["web"],
        }
    ]


@pytest.mark.parametrize("origin", ["*", "https://*.example.com", "null"])
def test_an_origin_that_is_a_pattern_is_wrong(
    origin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = checked(tmp_path, GOOD + f"HASTECRM_CORS_ORIGINS={origin}\n", "--role", "api")

    assert code == 1
    assert capsys.readouterr().out.startswith("✗ HASTECRM_CORS_ORIGINS")


def test_warnings_alone_do_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = checked(tmp_path, GOOD + "HASTECRM_LOG_LEVEL=DEBUG\n", "--role", "worker")

    assert code == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("! worker")


def test_the_environment_is_what_is_checked_without_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.environ", dict(line.split("=") for line in GOOD.splitlines()))

    assert main(["check-config"]) == 0
    monkeypatch.setitem(__import__("os").environ, "HASTECRM_ENVIRONMENT", "staging")
    assert main(["check-config"]) == 1
    assert "must be one of 'production' or 'development'" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("content", [None, b"\xff\xfe="], ids=["missing", "no text"])
def test_a_file_that_cannot_be_read_is_wrong_usage(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)

    assert main(["check-config", "--env-file", str(path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_variable_that_is_no_setting_is_told_with_the_one_that_was_meant() -> None:
    [finding] = unknown(["HASTECRM_LOG_LEVL", "HASTECRM_LOG_LEVEL", "HASTECRM_OPERATOR_PORT", "HOME"])

    assert finding.level is Level.WARNING
    assert finding.variable == "HASTECRM_LOG_LEVL"
    assert finding.fix.endswith("did you mean HASTECRM_LOG_LEVEL?")


def test_an_unknown_role_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check-config", "--role", "gardener"])

    assert caught.value.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])

    out = capsys.readouterr().out
    assert caught.value.code == 0
    assert f"usage: hastecrm {command}" in out
    assert f"hastecrm {command}" in out.partition("examples:")[2]
