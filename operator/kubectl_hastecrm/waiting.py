"""Waits for an object to come to an end, and tells meanwhile how far it is."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from rich.status import Status

from hastecrm_operator.api.durations import seconds
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import UnavailableError
from hastecrm_operator.engine.kinds import Kind
from kubectl_hastecrm.output import console_for, tell
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.session import Session

_PAUSE: Final = 1.0  # seconds between two looks
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end, and tell how far it is.")]
Within = Annotated[str, typer.Option("--timeout", help="How long to wait, like 90s, 30m or 2h.")]


@dataclass(frozen=True)
class Goal:
    """What is waited for: `told` = how far it is; `ended` = None, or whether it ended well."""

    kind: Kind
    name: str
    told: Callable[[JSON], str]
    ended: Callable[[JSON], bool | None]


async def reach(session: Session, goal: Goal, within: str) -> JSON:
    """Return the object when it has ended well; raises Problem when it has failed or takes too long."""
    deadline, said = time.monotonic() + duration(within, "--timeout"), ""
    with _Progress() as progress:
        while True:
            body = await _look(session, goal)
            if body is not None:
                said = goal.told(body)
                progress.say(said)
                if (well := goal.ended(body)) is not None:
                    return _result(body, said, well=well)
            if time.monotonic() > deadline:
                what = f"{goal.kind.name} {goal.name}"
                raise Problem(f"{what} took longer than {within}: {said}", Exit.NOT_ACHIEVED)
            await asyncio.sleep(_PAUSE)


async def _look(session: Session, goal: Goal) -> JSON | None:
    try:
        return await session.client.get(goal.kind, session.namespace, goal.name)
    except UnavailableError:
        return None  # An API server may be away for a moment; the deadline ends the patience.


def _result(body: JSON, said: str, *, well: bool) -> JSON:
    if not well:
        raise Problem(said, Exit.NOT_ACHIEVED)
    return body


def duration(text: str, option: str) -> float:
    """Return what a person wrote as seconds; raises Problem."""
    try:
        return seconds(text)
    except ValueError as exc:
        raise Problem(f"{option} {exc}", Exit.USAGE) from exc


class _Progress:
    """A spinner on a terminal; in a pipe a line for each change."""

    def __init__(self) -> None:
        console = console_for(sys.stderr)
        self._status = Status("…", console=console) if console.is_terminal else None
        self._last = ""

    def __enter__(self) -> "_Progress":
        self._shown().__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._shown().__exit__(*exc)

    def _shown(self) -> AbstractContextManager[Any]:
        return self._status or nullcontext()

    def say(self, text: str) -> None:
        """Show how far it is."""
        if text == self._last:
            return
        self._last = text
        if self._status:
            self._status.update(text)
        else:
            tell(text)
