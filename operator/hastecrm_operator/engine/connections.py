"""Whether an external store can be used: a Job tries until it can, and its latest report is the answer."""

from dataclasses import asdict
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import CACHE_READY, DATABASE_READY
from hastecrm_operator.api.reasons import Stores
from hastecrm_operator.engine.connection_advice import advice
from hastecrm_operator.engine.connection_reports import parse
from hastecrm_operator.engine.errors import Waiting
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import JOB
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.connection_check import check_job, is_check
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.revision import fingerprint

_CONDITIONS: Final = {names.DATABASE: DATABASE_READY, names.REDIS: CACHE_READY}


async def require_connection(scope: Scope, store: str) -> None:
    """Return if the external `store` can be used as it is configured now; raises Waiting if not (yet)."""
    of_store = {path: who for path, who in scope.references.items() if path.startswith(f"spec.{store}.")}
    rendering = Rendering(scope.images, fingerprint(asdict(scope.images)))
    manifest = check_job(scope.crm, rendering, store, of_store)
    name = manifest["metadata"]["name"]
    is_done = name in succeeded_jobs(scope.key, scope.children)
    if scope.crm.spec.hibernated and not is_done:
        return  # Nobody sleeps beside a pod that tries again and again.
    job = scope.keep(await scope.applier.ensure_present(manifest))
    if is_done:
        return
    if isinstance(job.facts, JobResult) and job.facts.config_hash != rendering.config_hash:
        # Another image, or another way to pull it: that of the running check may not even exist.
        await scope.applier.remove(JOB, job)
    report = parse(scope.last_words(name), store)
    if report is None or report.ok:
        raise Waiting(_CONDITIONS[store], Stores.CHECKING, f"Job {name} tries to connect")
    message = f"{report.message}; {advice(store, report.reason)}"
    raise Waiting(_CONDITIONS[store], report.reason, message)


async def drop_outdated_checks(scope: Scope) -> None:
    """Remove the checks of connections that are no longer configured like that."""
    for job in [j for j in scope.children.of(scope.key, JOB) if is_check(scope.crm, j.id.name)]:
        if job.id not in scope.kept:
            await scope.applier.remove(JOB, job)
