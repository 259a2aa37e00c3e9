"""`status`: where things stand."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from hastecrm_operator.api.names import INSTANCE
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import UnavailableError
from hastecrm_operator.engine.kinds import HASTECRM, POD
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import Format, Output, console_for, dump, show, tidy
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.views.status import is_ready, overview, page

_PAUSE = 2.0  # seconds between two looks of --watch
Found = tuple[list[JSON], list[JSON]]


@verb
async def status(
    session: Session,
    name: Name = None,
    *,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="All objects of all namespaces.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    output: Output = Format.TEXT,
) -> int:
    """Show where an object stands: phase, tiers with their pods, conditions, release, backups.

    Without a name: all objects of the namespace, or the whole page if there is only one.
    """
    if watch:
        await _watch(session, name, everywhere=everywhere)
    bodies, pods = await _look(session, name, everywhere=everywhere)
    if output is not Format.TEXT:
        dump(tidy(bodies[0]) if name else {"items": [tidy(body) for body in bodies]}, output)
    else:
        show(_rendered(bodies, pods))
    return Exit.DONE if all(map(is_ready, bodies)) else Exit.NOT_READY


async def _look(session: Session, name: str | None, *, everywhere: bool) -> Found:
    namespace = "" if everywhere else session.namespace
    bodies = [await session.crm(name)] if name else await session.client.list_all(HASTECRM, namespace)
    if not bodies:
        where = "in any namespace" if everywhere else f"in namespace {namespace}; -A looks in all"
        raise Problem(f"there is no HasteCRM {where}", Exit.NOT_FOUND)
    return bodies, await _pods(session, bodies[0]) if len(bodies) == 1 else []


async def _pods(session: Session, body: JSON) -> list[JSON]:
    meta = body["metadata"]
    return await session.client.list_all(POD, meta["namespace"], f"{INSTANCE}={meta['name']}")


def _rendered(bodies: list[JSON], pods: list[JSON]) -> RenderableType:
    now = datetime.now(UTC)
    return page(bodies[0], pods, now) if len(bodies) == 1 else overview(bodies, now)


async def _watch(session: Session, name: str | None, *, everywhere: bool) -> None:
    console = console_for(sys.stdout)
    with Live(Group(), console=console, screen=console.is_terminal, auto_refresh=False) as live:
        while True:
            with suppress(UnavailableError):  # The last page stands until the API server answers again.
                live.update(_rendered(*await _look(session, name, everywhere=everywhere)), refresh=True)
            await asyncio.sleep(_PAUSE)
