"""`verify`: the restore drill, now."""

from datetime import UTC, datetime

from hastecrm_operator.api.names import DRILL, child
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import CRON_JOB, JOB, POD
from kubectl_hastecrm.arguments import Name
from kubectl_hastecrm.output import show
from kubectl_hastecrm.problems import Exit, Problem
from kubectl_hastecrm.requests import drill_of, drill_told, job_ended, job_told, report_in
from kubectl_hastecrm.session import Session, verb
from kubectl_hastecrm.waiting import Goal, Wait, Within, reach


@verb
async def verify(session: Session, name: Name = None, *, wait: Wait = False, within: Within = "2h") -> None:
    """Prove the newest dump now: restore it into a scratch database and check it, as the schedule does."""
    body = await session.crm(name)
    made = await session.client.make(JOB, drill_of(await _drill(session, body), datetime.now(UTC)))
    own = made["metadata"]["name"]
    show(f"Job {own} is made")
    if not wait:
        return
    try:
        await reach(session, Goal(JOB, own, job_told, job_ended), within)
    except Problem as problem:
        said = await _report(session, own)
        raise Problem(f"{said['error']}" if said.get("error") else str(problem), problem.code) from None
    show(drill_told(await _report(session, own)))


async def _report(session: Session, job: str) -> JSON:
    pods = await session.client.list_all(POD, session.namespace, f"job-name={job}")
    return next((report for pod in pods if (report := report_in(pod))), {})


async def _drill(session: Session, body: JSON) -> JSON:
    crm = body["metadata"]["name"]
    try:
        return await session.client.get(CRON_JOB, session.namespace, child(crm, DRILL))
    except NotFoundError:
        why = "set spec.backup" if not body["spec"].get("backup") else "the operator has not made it yet"
        raise Problem(f"{crm} has no restore drill: {why}", Exit.NOT_FOUND) from None
