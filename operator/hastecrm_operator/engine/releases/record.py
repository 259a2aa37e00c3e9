"""What is recorded of a release that was promoted, and which records are no longer kept."""

from hastecrm_operator.engine.children import Child
from hastecrm_operator.engine.jobs import last_words, pods_of
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.releases.history import records_of
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.releases.reports import migration_in
from hastecrm_operator.engine.releases.target import part
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.migration import migration_name


def record_data(scope: Scope) -> dict[str, object]:
    """Return all that is recorded of the release that runs; what it does not know is left out."""
    state, rendering = scope.course.state, scope.application_rendering()
    images = {name: getattr(scope.images, name) for name in ("app", "postgres", "redis")}
    schema = scope.course.schema
    known = {
        "target": state.target,
        "spec": part(scope.crm),
        "images": images,
        "configHash": rendering.config_hash,
        "secrets": dict(rendering.inputs),
        "schema": schema.model_dump(by_alias=True) if schema else None,
        "deferred": _is_deferred(scope),
        "backup": state.backup,
        "result": Phase.PROMOTED,
        "startedAt": state.started_at,
        "promotedAt": text(scope.now),
    }
    return {key: value for key, value in known.items() if value}


def surplus(scope: Scope) -> dict[int, Child]:
    """Return the oldest records beyond the limit by number, but never one that runs or is asked for."""
    known = records_of(scope.key, scope.children)
    asked = scope.crm.spec.rollback
    needed = {scope.course.running, scope.course.state.revision, asked.to_revision if asked else None}
    oldest = sorted(known)[: -scope.crm.spec.release.history_limit]
    return {number: known[number] for number in oldest if number not in needed}


def _is_deferred(scope: Scope) -> bool:
    """Return whether something is to be taken from the database after promotion, as far as is known."""
    if scope.course.current is None or not scope.course.migrates:
        return False
    job = migration_name(scope.crm, scope.images)
    told = migration_in(last_words(pods_of(job, scope.key, scope.children)))
    return told is None or bool(told.deferred)
