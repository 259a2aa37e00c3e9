"""`restore`: a dump comes back, or a restore is taken back."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM_BACKUP, HASTECRM_RESTORE
from kubectl_hastecrm.completion import hastecrm_names, restore_sources
from kubectl_hastecrm.output import Yes, require_yes, show
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.requests import restore_ended, restore_of, restore_told, undo_ended
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.restore import before
from kubectl_hastecrm.waiting import Goal, Within, reach

Source = Annotated[str, typer.Argument(help="Name of the HasteCRMBackup.", autocompletion=restore_sources)]
Into = Annotated[
    str | None,
    typer.Option(
        help="HasteCRM whose data is replaced. Default: where the dump is from.",
        autocompletion=hastecrm_names,
    ),
]
Anonymise = Annotated[
    bool, typer.Option("--anonymise", help="Replace names, addresses, phones and notes; for copies.")
]
Window = Annotated[str | None, typer.Option(help="How long it can be undone, like 24h. Default: 24h.")]
Undo = Annotated[bool, typer.Option("--undo", help="NAME is a HasteCRMRestore: put the replaced data back.")]
UntilDone = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the end.")]


@verb
async def restore(
    session: Session,
    name: Source,
    *,
    into: Into = None,
    anonymise: Anonymise = False,
    undo_window: Window = None,
    undo: Undo = False,
    wait: UntilDone = True,
    within: Within = "2h",
    yes: Yes = False,
) -> None:
    """Bring a dump back, verified before it takes the place of the data of today; or undo a restore."""
    if undo:
        await _undo(session, name, within if wait else "", yes=yes)
        return
    dump = await _found(session, name)
    target = await session.crm(into or dump["spec"]["hastecrm"])
    show(before(dump, target, datetime.now(UTC)))
    require_yes(f"Replace the data of {target['metadata']['name']}?", yes=yes)
    options: dict[str, Any] = {"anonymise": anonymise or None, "undoWindow": undo_window}
    where = session.namespace, target["metadata"]["name"]
    made = await session.client.make(
        HASTECRM_RESTORE, restore_of(*where, {"backup": name}, datetime.now(UTC), **options)
    )
    own = made["metadata"]["name"]
    show(f"{own} is made; take it back by `restore {own} --undo` within its window")
    if wait:
        show(
            restore_told(
                await reach(session, Goal(HASTECRM_RESTORE, own, restore_told, restore_ended), within)
            )
        )


async def _found(session: Session, name: str) -> JSON:
    try:
        found = await session.client.get(HASTECRM_BACKUP, session.namespace, name)
    except NotFoundError:
        hint = "see `kubectl get hcb`"
        message = f"no HasteCRMBackup {name!r} in namespace {session.namespace}; {hint}"
        raise Problem(message, Exit.NOT_FOUND) from None
    phase = (found.get("status") or {}).get("phase", "Pending")
    if phase != "Complete":
        raise Problem(f"HasteCRMBackup {name} is {phase}, not Complete: there is nothing to bring back")
    return found


async def _undo(session: Session, name: str, within: str, *, yes: bool) -> None:
    live = await session.client.get(HASTECRM_RESTORE, session.namespace, name)
    status, crm = live.get("status") or {}, live["spec"]["hastecrm"]
    if status.get("phase") != "Complete" or not status.get("replaced"):
        told = restore_told(live)
        raise Problem(f"{name} cannot be undone: no replaced data is kept for it ({told})")
    require_yes(f"Put the data back that {crm} had before {name}? What was written since is lost.", yes=yes)
    await session.client.patch(HASTECRM_RESTORE, session.namespace, name, {"spec": {"undo": True}})
    if within:
        live = await reach(session, Goal(HASTECRM_RESTORE, name, restore_told, undo_ended), within)
    show(f"{name}: {restore_told(live) if within else 'is being undone'}")
