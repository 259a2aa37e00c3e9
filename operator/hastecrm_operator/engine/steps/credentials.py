"""Credentials that are replaced in steps, so that nobody is locked out."""

from hastecrm_operator.engine.credentials import announced_users, sight, wishes
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.generated import move_secret
from hastecrm_operator.engine.kinds import JOB
from hastecrm_operator.engine.rotation import decide
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.proof import proof_job
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.secrets import secret_templates


async def rotate_credentials(scope: Scope) -> None:
    """Take the next step of a rotation, if one is due or under way."""
    steps = decide(sight(scope.crm, scope.children), wishes(scope.crm), scope.rollouts.now)
    for template in secret_templates(scope.crm):
        if template.name in steps:
            await move_secret(scope, template, steps[template.name])
    await _prove(scope)


async def _prove(scope: Scope) -> None:
    """Have somebody sign in as the announced users; a proof that ran out of time is begun again."""
    announced = announced_users(scope.crm, scope.children)
    if not announced:
        return
    wanted = proof_job(scope.crm, Rendering(scope.images), announced)
    if scope.crm.spec.hibernated:  # No pod runs; the proof is due when the object wakes.
        job = scope.children.get(JOB, scope.key.namespace, wanted["metadata"]["name"])
    else:
        job = scope.keep(await scope.applier.ensure_present(wanted))
    failed = job is not None and isinstance(job.facts, JobResult) and job.facts.failed
    if job and (failed or scope.crm.spec.hibernated):
        await scope.applier.remove(JOB, job)
