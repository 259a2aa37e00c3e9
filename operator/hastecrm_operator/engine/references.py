"""Checks that what an object names really exists; a missing thing is named with its field and the way out."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import CACHE_READY, DATABASE_READY, READY
from hastecrm_operator.api.reasons import References
from hastecrm_operator.engine.errors import NotFoundError, Waiting
from hastecrm_operator.engine.kinds import CLAIM, CONFIG_MAP, SECRET, STORAGE_CLASS
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.references import Reference, backup_references, references, storage_classes

_POLL = 10.0  # seconds, should no watch tell
_KINDS = {
    "Secret": (SECRET, References.SECRET_NOT_FOUND, References.SECRET_KEY_MISSING),
    "ConfigMap": (CONFIG_MAP, References.CONFIG_MAP_NOT_FOUND, References.CONFIG_MAP_KEY_MISSING),
}
_CONDITIONS = {"spec.database": DATABASE_READY, "spec.redis": CACHE_READY}


async def check_secrets(scope: Scope, condition: str) -> None:
    """Find the Secrets and ConfigMaps that `condition` depends on; raises Waiting for one that lacks."""
    for reference in references(scope.crm):
        if _condition(reference.field_path) == condition:
            scope.references[reference.field_path] = await _identity(scope, reference, condition)


async def check_backups(scope: Scope, condition: str) -> None:
    """Raise Waiting for the first Secret or StorageClass that dumps need and that lacks."""
    volume = scope.crm.spec.backup.destination.volume if scope.crm.spec.backup else None
    if volume and volume.class_name and not scope.child(CLAIM, names.BACKUP):
        path = "spec.backup.destination.volume.className"
        await _storage_class(scope, path, volume.class_name, condition)
    for reference in backup_references(scope.crm):
        await _identity(scope, reference, condition)


async def check_storage_classes(scope: Scope, condition: str) -> None:
    """Raise Waiting for the first StorageClass that `condition` depends on and that does not exist."""
    for field_path, name in storage_classes(scope.crm):
        if _condition(field_path) == condition:
            await _storage_class(scope, field_path, name, condition)


async def _identity(scope: Scope, reference: Reference, condition: str) -> str:
    where = f"{reference.field_path} names {reference.kind} {reference.name!r}"
    kind, not_found, key_missing = _KINDS[reference.kind]
    try:
        live = await scope.foreign.get(kind, scope.key.namespace, reference.name)
    except NotFoundError:
        with_keys = f" with: {', '.join(reference.keys)}" if reference.keys else ""
        message = f"{where}, which does not exist in namespace {scope.key.namespace}; create it{with_keys}"
        raise Waiting(condition, not_found, message, retry_after=_POLL) from None
    missing = sorted(set(reference.keys) - live["data"].keys())
    if missing:
        message = f"{where}, which lacks the key {', '.join(missing)}; add it"
        raise Waiting(condition, key_missing, message, retry_after=_POLL)
    # Not a hash of the content: a person's password may be guessable, and annotations are public.
    return f"{live['metadata']['uid']}/{live['metadata']['resourceVersion']}"


async def _storage_class(scope: Scope, field_path: str, name: str, condition: str) -> None:
    try:
        await scope.foreign.get(STORAGE_CLASS, "", name)
    except NotFoundError:
        fix = "create it, or delete this object and apply it again with one of `kubectl get storageclass`"
        message = f"{field_path} names StorageClass {name!r}, which does not exist; {fix}"
        raise Waiting(condition, References.STORAGE_CLASS_NOT_FOUND, message, retry_after=_POLL) from None


def _condition(field_path: str) -> str:
    return next((c for prefix, c in _CONDITIONS.items() if field_path.startswith(prefix)), READY)
