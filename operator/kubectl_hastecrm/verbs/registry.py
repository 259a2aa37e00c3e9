"""All commands in the order in which help tells them, with their examples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import typer

from kubectl_hastecrm.verbs.backup import backup
from kubectl_hastecrm.verbs.completion import completion
from kubectl_hastecrm.verbs.events import events
from kubectl_hastecrm.verbs.history import history
from kubectl_hastecrm.verbs.logs import logs
from kubectl_hastecrm.verbs.plan import plan
from kubectl_hastecrm.verbs.restore import restore
from kubectl_hastecrm.verbs.rollback import rollback
from kubectl_hastecrm.verbs.status import status
from kubectl_hastecrm.verbs.support_bundle import support_bundle
from kubectl_hastecrm.verbs.verify import verify
from kubectl_hastecrm.verbs.version import version
from kubectl_hastecrm.verbs.why import why
from kubectl_hastecrm.verbs.wishes import pause, resume, retry, rollout, rotate


@dataclass(frozen=True)
class Command:
    """One command: its function, its panel in the help, and examples as (what for, command line)."""

    name: str
    run: Callable[..., None]
    panel: str
    examples: tuple[tuple[str, str], ...]


_LOOK: Final = "Look"
_RELEASES: Final = "Releases"
_DATA: Final = "Data"
_CARE: Final = "Care"
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
    Command(
        "logs",
        logs,
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
        events,
        _LOOK,
        (
            ("what happened, the newest last", "events acme"),
            ("what goes wrong, as it happens", "events acme --warnings --watch"),
        ),
    ),
    Command(
        "plan",
        plan,
        _RELEASES,
        (
            ("what would this file do?", "plan -f crm.yaml"),
            ("a rendered chart or overlay", "plan -f - < rendered.yaml"),
            ("in a pipeline: 0 = no change, 1 = refused, 2 = changes", "plan -f crm.yaml -o json"),
        ),
    ),
    Command(
        "history",
        history,
        _RELEASES,
        (("the recorded revisions, and what was rejected", "history acme"),),
    ),
    Command(
        "rollback",
        rollback,
        _RELEASES,
        (
            ("back to the revision before, after a question", "rollback acme"),
            ("to revision 6 with the data from before the upgrade", "rollback acme --to 6 --restore-data"),
            ("follow the spec again", "rollback acme --follow-spec"),
        ),
    ),
    Command("retry", retry, _RELEASES, (("try a rejected release once more", "retry acme"),)),
    Command(
        "rollout",
        rollout,
        _RELEASES,
        (("do not wait for the maintenance window", "rollout acme"),),
    ),
    Command(
        "backup",
        backup,
        _DATA,
        (
            ("a dump now, and wait for it", "backup acme --wait"),
            ("only its name, for a script", "backup acme -o json | jq -r .metadata.name"),
        ),
    ),
    Command(
        "restore",
        restore,
        _DATA,
        (
            ("bring a dump back, after a question", "restore acme-20260101t020000z"),
            ("into a copy for tests", "restore acme-20260101t020000z --into staging --anonymise"),
            ("put the replaced data back", "restore acme-20260102t101500z --undo"),
        ),
    ),
    Command("verify", verify, _DATA, (("prove the newest dump now", "verify acme --wait"),)),
    Command("pause", pause, _CARE, (("the operator changes nothing any more", "pause acme"),)),
    Command("resume", resume, _CARE, (("the operator goes on", "resume acme"),)),
    Command(
        "rotate",
        rotate,
        _CARE,
        (("replace all generated credentials now", "rotate acme --wait"),),
    ),
    Command(
        "support-bundle",
        support_bundle,
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
        completion,
        _OTHERS,
        (
            ("for this bash", "completion bash | source /dev/stdin"),
            ("for each zsh", 'completion zsh > "${fpath[1]}/_kubectl-hastecrm"'),
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
