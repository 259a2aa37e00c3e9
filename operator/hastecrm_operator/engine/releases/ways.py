"""Which revisions the application can go back to, by the schema as it is. Pure."""

from hastecrm_operator.api.reasons import Releases
from hastecrm_operator.engine.recorded import RevisionState
from hastecrm_operator.engine.releases.grounds import Grounds
from hastecrm_operator.engine.releases.machine import FORWARD, PODS_UNTOUCHED, Phase, State
from hastecrm_operator.engine.releases.rejection import Failure
from hastecrm_operator.engine.releases.reports import Plan
from hastecrm_operator.engine.releases.verdict import UNTOUCHED, Outlook, Way, outlook
from hastecrm_operator.resources.rendering import images_for

_NOTHING = Outlook(Way.FREEZE, "nothing is recorded to go back to")


def way_of_current(grounds: Grounds, state: State, plan: Plan | None) -> Outlook:
    """Return what going back to the current revision means while another release is on its way.

    Before the migration that is told of the schema that will be.
    """
    current = grounds.current
    if current is None:
        return _NOTHING
    if images_for(grounds.crm, grounds.repository).app == current.app:
        return UNTOUCHED
    planned = plan.to if plan and Phase(state.phase) in PODS_UNTOUCHED else None
    schema, backup = planned or grounds.schema, bool(state.backup)
    return outlook(current.number, current.schema, schema, backup=backup)


def way_to_goal(grounds: Grounds) -> Outlook:
    """Return what running the revision means that `spec.rollback` names; safe where it names none."""
    asked = grounds.goal.revision
    if asked is None:
        return UNTOUCHED
    if asked not in grounds.objects:
        return _NOTHING
    if wants_data(grounds):
        dump = dump_for_goal(grounds)
        return Outlook(Way.SAFE, f"its data is restored from {dump}") if dump else _NOTHING
    return _way_to(grounds, grounds.known[asked])


def wants_data(grounds: Grounds) -> bool:
    """Whether the data of then is asked for as well."""
    return grounds.crm.spec.rollback is not None and grounds.crm.spec.rollback.restore_data


def dump_for_goal(grounds: Grounds) -> str:
    """Return the dump that was taken before what followed the revision that is asked for; "" for none."""
    asked = grounds.goal.revision or 0
    later = sorted(number for number in grounds.known if number > asked)
    if later:
        return grounds.known[later[0]].backup
    return grounds.state.backup or ""  # The release that followed was never promoted.


def way_back(grounds: Grounds, state: State, plan: Plan | None) -> tuple[int | None, Outlook | None]:
    """Return the revision that one would go back to, and what that means; nothing where there is none."""
    current = grounds.current
    if current is None:
        return None, None
    just_promoted = state.phase == Phase.PROMOTED and state.revision != current.number
    if state.phase in FORWARD or state.phase == Phase.FROZEN or just_promoted:
        return current.number, way_of_current(grounds, state, plan)
    before = max((number for number in grounds.known if number < current.number), default=None)
    return (None, None) if before is None else (before, _way_to(grounds, grounds.known[before]))


def refusal(grounds: Grounds) -> Failure | None:
    """Return why the revision that `spec.rollback` names cannot run; None if it can, or none is named."""
    asked = grounds.goal.revision
    if asked is None:
        return None
    if asked not in grounds.objects:
        known = ", ".join(map(str, sorted(grounds.known))) or "none"
        message = f"spec.rollback.toRevision: revision {asked} is not recorded; recorded are: {known}"
        return Failure(Releases.REVISION_NOT_FOUND, message)
    found = way_to_goal(grounds)
    if wants_data(grounds) and not dump_for_goal(grounds):
        told = f"there is no dump of the data of revision {asked}"
        return Failure(Releases.ROLLBACK_IMPOSSIBLE, told)
    if found.way == Way.SAFE:
        return None
    if found.way == Way.NEEDS_RESTORE:
        return Failure(
            Releases.ROLLBACK_NEEDS_RESTORE, f"{found.reason}: set spec.rollback.restoreData: true"
        )
    return Failure(Releases.ROLLBACK_IMPOSSIBLE, found.reason)


def _way_to(grounds: Grounds, revision: RevisionState) -> Outlook:
    if grounds.current and grounds.current.app == revision.app:
        return UNTOUCHED
    later = sorted(number for number in grounds.known if number > revision.number)
    dump = grounds.known[later[0]].backup if later else grounds.state.backup
    return outlook(revision.number, revision.schema, grounds.schema, backup=bool(dump))
