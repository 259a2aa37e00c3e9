"""`pause`, `resume`, `retry`, `rotate`, `rollout`: one word to the operator each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hastecrm_operator.api.names import RETRY, ROLLOUT_ANNOTATION, ROTATE
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.kinds import HASTECRM
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import show, tell
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.waiting import Goal, Wait, Within, reach
from kubectl_hastecrm.wishes import annotated, other_writer, paused

_RESTING = {"Idle", "Retiring"}


@verb
async def pause(session: Session, name: Name = None) -> None:
    """Let the operator look and report, and change nothing, until `resume`.

    Pods run on. Nothing that drifts is put back, no release goes on, no backup is begun.
    """
    await wish(session, await session.crm(name), paused(wanted=True), "paused")


@verb
async def resume(session: Session, name: Name = None) -> None:
    """Let the operator go on after `pause`."""
    await wish(session, await session.crm(name), paused(wanted=False), "goes on")


@verb
async def retry(session: Session, name: Name = None) -> int | None:
    """Try a release again that was rejected.

    The operator remembers what has failed, and does not try it again until the spec changes or you say so.
    """
    body = await session.crm(name)
    release = body.get("status", {}).get("release") or {}
    if not release.get("rejected"):
        raise Problem(f"no release of {body['metadata']['name']} was rejected: there is nothing to retry")
    await wish(session, body, annotated(RETRY, datetime.now(UTC)), "is tried again")
    return Exit.DONE


@verb
async def rollout(session: Session, name: Name = None) -> None:
    """Let a change of pods go on now that waits, for a maintenance window or for your next change."""
    body = await session.crm(name)
    waiting = body.get("status", {}).get("pendingRollout")
    if not waiting:
        tell("nothing is known to wait; what comes to wait before the operator reads this goes on as well")
    what = ", ".join(waiting.get("changes", ())) if waiting else "what waits"
    await wish(session, body, annotated(ROLLOUT_ANNOTATION, datetime.now(UTC)), f"lets go on: {what}")


@verb
async def rotate(session: Session, name: Name = None, *, wait: Wait = False, within: Within = "30m") -> None:
    """Replace the generated credentials now, without downtime: database, Redis, signing keys."""
    body = await session.crm(name)
    before = (body.get("status", {}).get("credentials") or {}).get("rotatedAt")
    await wish(session, body, annotated(ROTATE, datetime.now(UTC)), "rotates its credentials")
    if wait:
        goal = Goal(HASTECRM, body["metadata"]["name"], _told, lambda live: _is_rotated(live, before))
        await reach(session, goal, within)


def _told(body: JSON) -> str:
    status = body.get("status", {}).get("credentials") or {}
    return ": ".join(filter(None, (status.get("phase", "not begun"), status.get("message", ""))))


def _is_rotated(body: JSON, before: str | None) -> bool | None:
    status = body.get("status", {}).get("credentials") or {}
    return True if status.get("rotatedAt") != before and status.get("phase") in _RESTING else None


async def wish(session: Session, body: JSON, change: Mapping[str, Any], done: str) -> None:
    """Write one wish on an object and say so; warn when a repository would take it back."""
    meta = body["metadata"]
    product = other_writer(body) if "spec" in change else ""
    await session.client.patch(HASTECRM, meta["namespace"], meta["name"], change)
    show(f"{meta['name']} {done}")
    if product:
        tell(
            f"{product} writes this object, too: make the same change in its repository, or it is taken back"
        )
