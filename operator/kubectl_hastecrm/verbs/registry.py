"""All commands in the order in which help tells them, with their examples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import typer

from kubectl_hastecrm.verbs.status import status
from kubectl_hastecrm.verbs.version import version
from kubectl_hastecrm.verbs.why import why


@dataclass(frozen=True)
class Command:
    """One command: its function, its panel in the help, and examples as (what for, command line)."""

    name: str
    run: Callable[..., None]
    panel: str
    examples: tuple[tuple[str, str], ...]


_LOOK: Final = "Look"
_OTHERS: Final = "Others"

COMMANDS: Final = (
    Command(
        "status",
        status,
        _LOOK,
        (
            ("the only object of the namespace, or a line for each", "status"),
            ("one page about acme, again and again", "status acme -n sales --watch"),
            ("every object of the cluster", "status -A"),
        ),
    ),
    Command(
        "why",
        why,
        _LOOK,
        (
            ("what keeps acme from being ready, and the way out", "why acme -n sales"),
            ("only the first fix, for a script", "why acme -o json | jq -r '.blocking[0].fix'"),
        ),
    ),
    Command("version", version, _OTHERS, (("all three versions", "version"),)),
)


def register(app: typer.Typer) -> None:
    """Make every command known to Typer."""
    for command in COMMANDS:
        app.command(command.name, rich_help_panel=command.panel, epilog=epilog(command))(command.run)


def epilog(command: Command) -> str:
    """Return the examples as the end of a help page."""
    lines = (f"[dim]# {what}[/dim]\n\nkubectl hastecrm {line}" for what, line in command.examples)
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(lines)
