"""`logs`: all tiers in one stream."""

import asyncio
import sys
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from hastecrm_operator.api.names import COMPONENT, INSTANCE, POSTGRES, REDIS, TIERS
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.kinds import POD
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import console_for, tell
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.tailing import Tail, containers, has_begun
from kubectl_hastecrm.views.logs import Line, Painter, machine
from kubectl_hastecrm.waiting import duration

_STORES: Final = {POSTGRES, REDIS}


class Part(StrEnum):
    """Whose log."""

    API = "api"
    WEB = "web"
    WORKER = "worker"
    POSTGRES = "postgres"
    REDIS = "redis"
    JOBS = "jobs"
    ALL = "all"


class Shape(StrEnum):
    """How lines are written."""

    TEXT = "text"
    RAW = "raw"
    JSON = "json"


@verb
async def logs(
    session: Session,
    name: Name = None,
    *,
    tier: Annotated[
        list[Part] | None,
        typer.Option("--tier", "-t", help="Whose logs; may be repeated. Default: api, web and worker."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[str, typer.Option(help="How far back, like 90s or 2h; the default is all.")] = "",
    tail: Annotated[int, typer.Option(help="Lines of each container at the start; -1 = all.")] = -1,
    output: Annotated[
        Shape, typer.Option("--output", "-o", help="raw leaves JSON lines as they are.")
    ] = Shape.TEXT,
) -> None:
    """Show the logs of all tiers in one stream, in the order of time, a colour for each pod.

    The application's JSON lines become readable. With -f, pods that come and go are followed.
    """
    body = await session.crm(name)
    parts = set(tier or (Part.API, Part.WEB, Part.WORKER))
    writer = _Writer(body["metadata"]["name"], output)
    options = _options(since, tail)
    selector = f"{INSTANCE}={body['metadata']['name']}"
    if follow:
        await _follow(Tail(session, selector, options, lambda pod: is_wanted(pod, parts)), writer)
        return
    pods = [p for p in await session.client.list_all(POD, session.namespace, selector) if is_wanted(p, parts)]
    if not pods:
        raise Problem(f"no pod of {', '.join(sorted(parts))} exists; see `status`", Exit.NOT_FOUND)
    for line in sorted(await _read_all(session, pods, options), key=lambda line: line.time):
        writer.write(line)


def is_wanted(pod: JSON, parts: set[Part]) -> bool:
    """Whether a pod belongs to what was asked for."""
    component = pod["metadata"].get("labels", {}).get(COMPONENT, "")
    known = component in TIERS or component in _STORES
    return Part.ALL in parts or component in parts or (Part.JOBS in parts and not known)


def _options(since: str, tail: int) -> dict[str, str]:
    options = {"sinceSeconds": str(max(1, int(duration(since, "--since"))))} if since else {}
    return options | ({"tailLines": str(tail)} if tail >= 0 else {})


async def _read_all(session: Session, pods: list[JSON], options: dict[str, str]) -> list[Line]:
    wanted = [(pod["metadata"]["name"], c) for pod in pods for c in containers(pod) if has_begun(pod, c)]
    read = await asyncio.gather(*(_read(session, *one, options) for one in wanted))
    return [line for lines in read for line in lines]


async def _read(session: Session, pod: str, container: str, options: dict[str, str]) -> list[Line]:
    asked: dict[str, Any] = {"container": container, "timestamps": "true", **options}
    try:
        lines = session.client.lines_of(session.namespace, pod, asked)
        return [Line.parse(pod, container, text) async for text in lines]
    except APIError as exc:  # Its node may be gone; the others can still be read.
        tell(f"the log of {pod}/{container} cannot be read: {exc.message}")
        return []


async def _follow(tail: Tail, writer: "_Writer") -> None:
    following = asyncio.create_task(tail.run())
    try:
        while not following.done():
            with suppress(TimeoutError):
                writer.write(await asyncio.wait_for(tail.lines.get(), 1))
        following.result()
    finally:
        following.cancel()


class _Writer:
    def __init__(self, crm: str, shape: Shape) -> None:
        self._shape, self._console = shape, console_for(sys.stdout)
        self._painter = Painter(crm, raw=shape is Shape.RAW)

    def write(self, line: Line) -> None:
        """Write one line at once, so that a pipe sees it."""
        if self._shape is Shape.JSON:
            sys.stdout.write(machine(line) + "\n")
        else:
            self._console.print(self._painter.paint(line), soft_wrap=True)
        sys.stdout.flush()
