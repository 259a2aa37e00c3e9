"""The program's edge: failures are one sentence and an exit code, and every command explains itself."""

import pytest

from hastecrm_operator.engine.errors import (
    APIError,
    ConflictError,
    KindNotInstalledError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from kubectl_hastecrm.completion import script
from kubectl_hastecrm.main import run
from kubectl_hastecrm.problems import MEANINGS, Exit, explained
from kubectl_hastecrm.verbs.registry import COMMANDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_with_examples(command, capsys: pytest.CaptureFixture[str]):
    assert run([command.name, "--help"]) == Exit.DONE

    shown = capsys.readouterr().out
    assert "Examples" in shown
    assert f"kubectl hastecrm {command.name}" in shown


def test_without_a_word_the_program_explains_itself(capsys: pytest.CaptureFixture[str]):
    assert run([]) == Exit.DONE

    shown = capsys.readouterr().out
    assert [command.name for command in COMMANDS if f" {command.name} " not in shown] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["statu"], "Did you mean 'status'?"),
        (["status", "--colour"], "No such option: --colour"),
        (["status", "-o", "xml"], "xml"),
        (["restore"], "Missing argument"),
    ],
    ids=["a command", "an option", "a value", "an argument"],
)
def test_a_wrong_command_line_is_told_in_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
):
    assert run(words) == Exit.USAGE

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert says in told.err
    assert told.err.count("\n") == 1


def test_a_missing_kubeconfig_is_named(capsys: pytest.CaptureFixture[str]):
    assert run(["status", "--kubeconfig", "/nowhere/config"]) == Exit.FAILED
    assert capsys.readouterr().err == ("error: cannot sign in: there is no kubeconfig at /nowhere/config\n")


@pytest.mark.parametrize(
    ("failure", "code", "says"),
    [
        (NotFoundError(404, "NotFound", 'pods "a" not found'), Exit.NOT_FOUND, 'pods "a" not found'),
        (KindNotInstalledError(404, "K", "the cluster has no HasteCRM"), Exit.NOT_FOUND, "install HasteCRM"),
        (UnavailableError(401, "Unauthorized", ""), Exit.FAILED, "sign in again"),
        (RejectedError(403, "Forbidden", "you may not"), Exit.FAILED, "ask for that permission"),
        (UnavailableError(0, "Unreachable", "refused"), Exit.FAILED, "kubectl cluster-info"),
        (ConflictError(409, "AlreadyExists", "a exists"), Exit.FAILED, "try again"),
        (RejectedError(422, "Invalid", "spec.host: no"), Exit.FAILED, "spec.host: no"),
    ],
    ids=lambda value: value.reason if isinstance(value, APIError) else "",
)
def test_an_answer_of_the_api_server_is_a_sentence_with_the_way_out(failure: APIError, code: Exit, says: str):
    problem = explained(failure)

    assert problem.code is code
    assert says in str(problem)


def test_every_exit_code_has_a_meaning():
    assert MEANINGS.keys() == set(Exit)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_has_a_script(shell: str):
    assert "kubectl-hastecrm" in script(shell)
