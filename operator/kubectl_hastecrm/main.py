"""`kubectl hastecrm`: the commands, and the one place where failures become a sentence and an exit code."""

import os
import sys
from typing import Final

import typer
from typer.completion import completion_init  # type: ignore[attr-defined] # it lacks an __all__
from typer.exceptions import TyperException

from hastecrm_operator.adapters.credentials import CredentialsError
from hastecrm_operator.engine.errors import APIError
from kubectl_hastecrm.completion import VARIABLE
from kubectl_hastecrm.output import console_for
from kubectl_hastecrm.problems import Exit, Problem, explained
from kubectl_hastecrm.verbs.registry import register

_HELP: Final = """Look after HasteCRM installations: see, understand, change and repair them.

It talks to the API server with your own kubeconfig and permissions, never to the operator.
"""


def main() -> None:
    """Run the program; the exit codes are those of `Exit`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    try:
        # Commands end by typer.Exit, whose code this returns.
        return int(_started(arguments or ["--help"]) or Exit.DONE)
    except TyperException as exc:
        return _fail(Problem(f"{exc.format_message().rstrip('.')}; see `--help`", Exit.USAGE))
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `… | head` has seen enough
        sys.stderr.close()
        return Exit.DONE
    except (Problem, APIError, CredentialsError) as exc:
        return _fail(exc)


def program(wanted: str = "") -> typer.Typer:
    """Return the program with one command, or with all of them."""
    app = typer.Typer(
        name="hastecrm",
        help=_HELP,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    register(app, wanted)
    return app


def _started(arguments: list[str]) -> int | None:
    words = arguments
    if VARIABLE in os.environ:  # A shell asks what it may offer.
        completion_init()
        words = os.environ.get("COMP_WORDS", "").split()[1:]
        words = words if len(words) > 1 else []  # The first word may be half of one.
    code: int | None = program(*words[:1])(
        arguments, prog_name="kubectl hastecrm", complete_var=VARIABLE, standalone_mode=False
    )
    return code


def _fail(exc: Exception) -> int:
    problem = explained(exc) if isinstance(exc, APIError) else exc
    console_for(sys.stderr).print(f"error: {problem}", style="bad", markup=False)
    return problem.code if isinstance(problem, Problem) else Exit.FAILED
