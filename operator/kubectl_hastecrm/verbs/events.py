"""`events`: of an object and of everything that belongs to it."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import ExpiredError, UnavailableError
from hastecrm_operator.engine.kinds import EVENT
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Format, Output, dump, show, tidy
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views import events as view

_AGAIN: Final = 1.0


@verb
async def events(
    session: Session,
    name: Name = None,
    *,
    warnings: Annotated[bool, typer.Option("--warnings", help="Only what went wrong.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on until Ctrl-C.")] = False,
    output: Output = Format.TEXT,
) -> None:
    """Show what happened to an object and its children, the newest last.

    Kubernetes forgets events after an hour, unless your cluster is set up otherwise.
    """
    crm = (await session.crm(name))["metadata"]["name"]
    found = [e for e in await of(session, crm) if not warnings or e.get("type") == "Warning"]
    if output is not Format.TEXT:
        dump({"items": [tidy(event) for event in found]}, output)
    elif found:
        show(view.events(found, datetime.now(UTC)))
    else:
        show(f"nothing happened to {crm} lately")
    if watch:
        await _watch(session, crm, warnings=warnings)


async def of(session: Session, crm: str) -> list[JSON]:
    """Return the events of an object and its children, the newest last."""
    found = await session.client.events(session.namespace)
    return view.in_order(event for event in found if view.belongs_to(event, crm))


async def _watch(session: Session, crm: str, *, warnings: bool) -> None:
    while True:
        try:
            is_new = False
            async for kind, event in session.client.follow(EVENT, "", session.namespace, 0):
                is_new |= kind == "SYNCED"
                wanted = not warnings or event.get("type") == "Warning"
                if is_new and kind in {"ADDED", "MODIFIED"} and wanted and view.belongs_to(event, crm):
                    show(view.events([event], datetime.now(UTC)))
        except (ExpiredError, UnavailableError):
            await asyncio.sleep(_AGAIN)
