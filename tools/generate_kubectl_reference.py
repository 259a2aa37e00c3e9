"""Writes docs/reference/kubectl.md from the commands of `kubectl hastecrm`; `--check` only compares."""

import sys
from inspect import cleandoc
from typing import Any, Final

from typer.main import get_command

from generated_file import deliver
from kubectl_hastecrm.main import program
from kubectl_hastecrm.problems import MEANINGS
from kubectl_hastecrm.verbs.registry import COMMANDS, Command

_HEAD: Final = """\
# `kubectl hastecrm`

Generated from the program by `make generate`; do not edit. How to install and use it:
[how-to](../how-to/kubectl-plugin.md).

Options stand after the command: `kubectl hastecrm status -n sales`. Every command knows `--namespace`/`-n`,
`--context`, `--kubeconfig` and `--help`. NAME may be left out where a namespace holds one HasteCRM.

## Exit codes
| code | meaning |
|---|---|
"""
_EVERYWHERE: Final = {"namespace", "context", "kubeconfig", "help"}


def page() -> str:
    """Return the whole reference."""
    known: Any = get_command(program())
    codes = "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in MEANINGS.items())
    index = "".join(f"| [`{c.name}`](#{c.name}) | {_summary(c)} |\n" for c in COMMANDS)
    commands = "".join(section(command, known.commands[command.name].params) for command in COMMANDS)
    return f"{_HEAD}{codes}\n## Commands\n| command | what it does |\n|---|---|\n{index}{commands}"


def section(command: Command, parameters: list[Any]) -> str:
    """Return what there is to know of one command."""
    words = " ".join(
        p.name.upper() if p.required else f"[{p.name.upper()}]" for p in parameters if _is_word(p)
    )
    rows = "".join(map(_row, (p for p in parameters if p.name not in _EVERYWHERE)))
    options = f"\n| | | default |\n|---|---|---|\n{rows}" if rows else ""
    examples = "\n".join(f"# {what}\nkubectl hastecrm {line}" for what, line in command.examples)
    head = f"### {command.name}\n`kubectl hastecrm {command.name} {words}`".replace(" `", "`")
    return f"\n{head}\n\n{cleandoc(command.run.__doc__ or '')}\n{options}\n```sh\n{examples}\n```\n"


def _summary(command: Command) -> str:
    return cleandoc(command.run.__doc__ or "").splitlines()[0]


def _is_word(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _row(parameter: Any) -> str:
    names = [parameter.name.upper()] if _is_word(parameter) else [*parameter.opts, *parameter.secondary_opts]
    shown = ", ".join(f"`{name}`" for name in names)
    return f"| {shown} | {parameter.help} | {_default(parameter.default)} |\n"


def _default(value: object) -> str:
    return "" if value in (None, "", False, ()) or callable(value) else f"`{str(value).lower()}`"


if __name__ == "__main__":
    sys.exit(deliver("docs/reference/kubectl.md", page(), sys.argv[1:]))
