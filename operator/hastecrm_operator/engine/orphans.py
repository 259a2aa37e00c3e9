"""Backup and restore objects whose HasteCRM does not exist: they are told so, and held by nobody."""

from datetime import datetime

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.reasons import Requested
from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.kinds import REQUESTS
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.verdict import no, stamped

_FINISHED = {"Complete", "Failed", "Undone"}


async def answer_orphans(desk: Desk, missing: Key, now: datetime) -> None:
    """Answer all that is asked of a HasteCRM that is not there; what has ended stays as it is."""
    for kind in REQUESTS:
        for body in desk.requests.of(missing, kind):
            if body["metadata"].get("deletionTimestamp"):
                # Where its dump would be is written in the HasteCRM alone: it stays there.
                await desk.hold(body, names.DUMP, wanted=False)
                await desk.hold(body, names.RESTORE_HOLD, wanted=False)
            elif body.get("status", {}).get("phase") not in _FINISHED:
                await desk.answer(body, _not_found(body, missing, now))


def _not_found(body: Body, missing: Key, now: datetime) -> dict[str, object]:
    before, generation = body.get("status", {}), body["metadata"].get("generation", 1)
    message = (
        f"spec.hastecrm names HasteCRM {missing.name!r}, which does not exist in namespace "
        f"{missing.namespace}; create it, or correct the name"
    )
    ready = stamped(types.READY, no(Requested.HASTECRM_NOT_FOUND, message), generation, before, now)
    others = [c for c in before.get("conditions", ()) if c["type"] != types.READY]
    phase = before.get("phase", "Pending")
    return {**before, "phase": phase, "message": message, "conditions": [*others, ready]}
