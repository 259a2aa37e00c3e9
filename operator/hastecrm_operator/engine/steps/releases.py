"""The record of releases that were found good."""

from hastecrm_operator.engine.children import Child
from hastecrm_operator.engine.kinds import CONTROLLER_REVISION
from hastecrm_operator.engine.releases.history import records_of
from hastecrm_operator.engine.releases.machine import Phase, text
from hastecrm_operator.engine.releases.target import part
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.controller_revision import controller_revision


async def record_release(scope: Scope) -> None:
    """Record what was just promoted, once; forget what is older than the history is long."""
    course = scope.course
    if course.phase == Phase.PROMOTED and course.target == course.state.target:
        number = course.state.revision or 0
        if number not in course.known:
            await scope.applier.ensure(controller_revision(scope.crm, number, _data(scope)))
    for record in _surplus(scope):
        await scope.applier.remove(CONTROLLER_REVISION, record)


def _data(scope: Scope) -> dict[str, object]:
    state, rendering = scope.course.state, scope.application_rendering()
    images = {name: getattr(scope.images, name) for name in ("app", "postgres", "redis")}
    schema = scope.course.schema
    return {
        "target": state.target,
        "spec": part(scope.crm),
        "images": images,
        "configHash": rendering.config_hash,
        "secrets": dict(rendering.inputs),
        "schema": schema.model_dump(by_alias=True) if schema else None,
        "backup": state.backup,
        "result": Phase.PROMOTED,
        "startedAt": state.started_at,
        "promotedAt": text(scope.now),
    }


def _surplus(scope: Scope) -> list[Child]:
    """Return the oldest records beyond the limit, but never one that runs or is asked for."""
    known = records_of(scope.key, scope.children)
    asked = scope.crm.spec.rollback
    needed = {scope.course.running, scope.course.state.revision, asked.to_revision if asked else None}
    oldest = sorted(known)[: -scope.crm.spec.release.history_limit]
    return [known[number] for number in oldest if number not in needed]
