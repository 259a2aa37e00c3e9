"""`backup`: a dump now."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from hastecrm_operator.engine.kinds import HASTECRM_BACKUP
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Format, Output, dump, show, tidy
from kubectl_hastecrm.problems import Problem
from kubectl_hastecrm.requests import backup_ended, backup_of, backup_told
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.waiting import Goal, Wait, Within, reach


@verb
async def backup(
    session: Session,
    name: Name = None,
    *,
    wait: Wait = False,
    within: Within = "1h",
    delete_with_object: Annotated[
        bool,
        typer.Option("--delete-with-object", help="Delete the dump when its HasteCRMBackup is deleted."),
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Back up the database now, by making a HasteCRMBackup."""
    body = await session.crm(name)
    crm = body["metadata"]["name"]
    if not body["spec"].get("backup"):
        raise Problem(f"{crm} has no spec.backup, so nowhere to write to: set spec.backup.destination")
    policy = "Delete" if delete_with_object else "Retain"
    made = await session.client.make(HASTECRM_BACKUP, backup_of(body, datetime.now(UTC), policy=policy))
    own = made["metadata"]["name"]
    if wait:
        made = await reach(session, Goal(HASTECRM_BACKUP, own, backup_told, backup_ended), within)
    if output is not Format.TEXT:
        dump(tidy(made), output)
    else:
        show(f"{own}: {backup_told(made)}" if wait else f"{own} is made; see `kubectl get hcb {own}`")
