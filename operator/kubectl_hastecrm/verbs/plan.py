"""`plan`: what a file would do, without doing it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from kubectl_hastecrm.output import Format, Output, dump, show
from kubectl_hastecrm.planning.dry_run import DryRun
from kubectl_hastecrm.planning.files import objects_in
from kubectl_hastecrm.problems import Exit
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.plan import machine, page


@verb
async def plan(
    session: Session,
    *,
    filename: Annotated[
        str, typer.Option("--filename", "-f", help="File with HasteCRM objects; - = standard input.")
    ],
    output: Output = Format.TEXT,
) -> int:
    """Show what applying a file would do: fields, pods that restart, migrations, downtime, the way back.

    The API server checks every child without storing anything. The exit code says whether something would
    change (2) or not (0), or whether it would be refused (1).
    """
    runs = []
    for wanted in objects_in(filename, session.namespace):
        run = DryRun(session, datetime.now(UTC))
        runs.append((await run.plan(wanted), run.refused))
    if output is not Format.TEXT:
        dump({"items": [machine(*done) for done in runs]}, output)
    else:
        show(*(page(*done) for done in runs))
    if any(refused for _, refused in runs):
        return Exit.FAILED
    return Exit.CHANGES if any(done.changes for done, _ in runs) else Exit.DONE
