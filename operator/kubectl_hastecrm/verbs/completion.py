"""`completion`: the script for a shell."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from kubectl_hastecrm.completion import script


class Shell(StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(shell: Annotated[Shell, typer.Argument(help="The shell.")]) -> None:
    """Print the script that completes `kubectl-hastecrm` in a shell.

    `kubectl hastecrm` itself needs none: kubectl asks `kubectl_complete-hastecrm`, which comes along.
    """
    sys.stdout.write(script(shell) + "\n")
