"""All commands in the order in which help tells them, with their examples."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import typer

_PACKAGE: Final = "kubectl_hastecrm.verbs"


@dataclass(frozen=True)
class Command:
    """One command: its panel in the help, and examples as (what for, command line)."""

    name: str
    panel: str
    examples: tuple[tuple[str, str], ...]
    module: str = ""
    """Where its function is, if not in a file of the command's name."""

    @property
    def run(self) -> Callable[..., None]:
        """Its function, loaded when it is asked for: one command need not wait for the others' imports."""
        function = self.name.replace("-", "_")
        found: Callable[..., None] = getattr(import_module(f"{_PACKAGE}.{self.module or function}"), function)
        return found


_LOOK: Final = "Look"
_RELEASES: Final = "Releases"
_DATA: Final = "Data"
_CARE: Final = "Care"
_OTHERS: Final = "Others"

COMMANDS: Final = (
    Command(
        "status",
        _LOOK,
        (
            ("the only object of the namespace, or a line for each", "status"),
            ("one page about acme, again and again", "status acme -n sales --watch"),
            ("every object of the cluster", "status -A"),
        ),
    ),
    Command(
        "why",
        _LOOK,
        (
            ("what keeps acme from being ready, and the way out", "why acme -n sales"),
            ("only the first fix, for a script", "why acme -o json | jq -r '.blocking[0].fix'"),
        ),
    ),
    Command(
        "logs",
        _LOOK,
        (
            ("all tiers, as it happens", "logs acme -f"),
            ("what the API has said in the last ten minutes", "logs acme --tier api --since 10m"),
            ("errors only, for a script", "logs acme -o json | jq 'select(.fields.level==\"error\")'"),
            ("the Jobs: migrations, backups", "logs acme --tier jobs"),
        ),
    ),
    Command(
        "events",
        _LOOK,
        (
            ("what happened, the newest last", "events acme"),
            ("what goes wrong, as it happens", "events acme --warnings --watch"),
        ),
    ),
    Command(
        "plan",
        _RELEASES,
        (
            ("what would this file do?", "plan -f crm.yaml"),
            ("a rendered chart or overlay", "plan -f - < rendered.yaml"),
            ("in a pipeline: 0 = no change, 1 = refused, 2 = changes", "plan -f crm.yaml -o json"),
        ),
    ),
    Command(
        "history",
        _RELEASES,
        (("the recorded revisions, and what was rejected", "history acme"),),
    ),
    Command(
        "rollback",
        _RELEASES,
        (
            ("back to the revision before, after a question", "rollback acme"),
            ("to revision 6 with the data from before the upgrade", "rollback acme --to 6 --restore-data"),
            ("follow the spec again", "rollback acme --follow-spec"),
        ),
    ),
    Command("retry", _RELEASES, (("try a rejected release once more", "retry acme"),), module="wishes"),
    Command(
        "rollout", _RELEASES, (("do not wait for the maintenance window", "rollout acme"),), module="wishes"
    ),
    Command(
        "backup",
        _DATA,
        (
            ("a dump now, and wait for it", "backup acme --wait"),
            ("only its name, for a script", "backup acme -o json | jq -r .metadata.name"),
        ),
    ),
    Command(
        "restore",
        _DATA,
        (
            ("bring a dump back, after a question", "restore acme-20260101t020000z"),
            ("into a copy for tests", "restore acme-20260101t020000z --into staging --anonymise"),
            ("put the replaced data back", "restore acme-20260102t101500z --undo"),
        ),
    ),
    Command("verify", _DATA, (("prove the newest dump now", "verify acme --wait"),)),
    Command("pause", _CARE, (("the operator changes nothing any more", "pause acme"),), module="wishes"),
    Command("resume", _CARE, (("the operator goes on", "resume acme"),), module="wishes"),
    Command(
        "rotate", _CARE, (("replace all generated credentials now", "rotate acme --wait"),), module="wishes"
    ),
    Command(
        "support-bundle",
        _CARE,
        (
            ("an archive without secrets", "support-bundle acme"),
            (
                "without logs, to a place of your choice",
                "support-bundle acme --no-logs --file /tmp/acme.tar.gz",
            ),
        ),
    ),
    Command(
        "completion",
        _OTHERS,
        (
            ("for this bash", "completion bash | source /dev/stdin"),
            ("for each zsh", 'completion zsh > "${fpath[1]}/_kubectl-hastecrm"'),
        ),
    ),
    Command("version", _OTHERS, (("all three versions", "version"),)),
)


def register(app: typer.Typer, wanted: str) -> None:
    """Make the wanted command known to Typer; all of them when there is none of that name."""
    app.callback()(lambda: None)  # Without it one command alone would be the program.
    for command in [c for c in COMMANDS if c.name == wanted] or COMMANDS:
        app.command(command.name, rich_help_panel=command.panel, epilog=epilog(command))(command.run)


def epilog(command: Command) -> str:
    """Return the examples as the end of a help page."""
    lines = (f"[dim]# {what}[/dim]\n\nkubectl hastecrm {line}" for what, line in command.examples)
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(lines)
