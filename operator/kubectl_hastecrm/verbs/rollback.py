"""`rollback`: run a recorded revision, after a look at what that means."""

from typing import Annotated

import typer

from hastecrm_operator.engine.cluster import JSON
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Yes, require_yes, show
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.verbs.history import revisions
from kubectl_hastecrm.verbs.wishes import wish
from kubectl_hastecrm.views.rollback import outlook, target
from kubectl_hastecrm.wishes import rolled_back


@verb
async def rollback(
    session: Session,
    name: Name = None,
    *,
    to: Annotated[
        int | None, typer.Option(help="Revision of `history`. Default: the one before.", min=1)
    ] = None,
    restore_data: Annotated[
        bool, typer.Option("--restore-data", help="Bring back the data from before the upgrade, too.")
    ] = False,
    follow_spec: Annotated[
        bool, typer.Option("--follow-spec", help="End a rollback: run what the spec says again.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Run a recorded revision: its images and its configuration, and if you ask for it its data.

    It first shows what that means. Until `--follow-spec`, changes of the rest of the spec wait.
    """
    body = await session.crm(name)
    if follow_spec:
        await _follow_spec(session, body)
        return
    records = await revisions(session, body)
    wanted = target(body, records, to)
    show(outlook(body, records, wanted, restore_data=restore_data))
    require_yes(f"Run revision {wanted} of {body['metadata']['name']}?", yes=yes)
    change = rolled_back(wanted, restore_data=restore_data)
    await wish(session, body, change, f"goes back to revision {wanted}; see `status --watch`")


async def _follow_spec(session: Session, body: JSON) -> None:
    if not body["spec"].get("rollback"):
        raise Problem(f"{body['metadata']['name']} follows its spec already", Exit.FAILED)
    await wish(session, body, rolled_back(None), "follows its spec again")
