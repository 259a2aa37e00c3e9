"""Where the dump of a restore is: in whose destination, in which folder, and how it is called."""

from dataclasses import dataclass

from pydantic import ValidationError

from hastecrm_operator.api.backup_object import BackupObject
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Restores
from hastecrm_operator.api.restore import HasteCRMRestore
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM, HASTECRM_BACKUP
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.verdict import Verdict, no

_SUFFIX = ".dump.zst"


@dataclass(frozen=True)
class Source:
    """A dump: its key, its name, and the HasteCRM whose destination has it."""

    key: str
    dump: str
    hastecrm: str


async def find_source(scope: Scope, restore: HasteCRMRestore) -> Source | Verdict:
    """Return where the dump is, or why it cannot be restored (yet)."""
    asked = restore.spec.source
    if asked.key is not None:
        return _of_key(asked.key, asked.hastecrm or scope.key.name)
    return await _of_object(scope, str(asked.backup), asked.hastecrm)


async def destination_of(scope: Scope, hastecrm: str) -> HasteCRM:
    """Return the HasteCRM whose destination is read; the one that is restored into where it is gone."""
    if hastecrm == scope.key.name:
        return scope.crm
    try:
        return HasteCRM.parse(await scope.reader.get(HASTECRM, scope.key.namespace, hastecrm))
    except (NotFoundError, ValidationError):
        return scope.crm


def folder_of(key: str) -> str:
    """Return the folder of a dump below the destination."""
    return key.rpartition("/")[0]


def _of_key(key: str, hastecrm: str) -> Source | Verdict:
    folder_name, _, file = key.rpartition("/")
    name, dot, _ = file.partition(_SUFFIX)
    if not (folder_name and name and dot):
        example = "sales-acme/acme-20260101t020000z.dump.zst"
        return no(Restores.DUMP_NOT_FOUND, f"spec.source.key {key!r} is no key of a dump like {example}")
    return Source(key, name, hastecrm)


async def _of_object(scope: Scope, name: str, hastecrm: str | None) -> Source | Verdict:
    try:
        live = await scope.reader.get(HASTECRM_BACKUP, scope.key.namespace, name)
    except NotFoundError:
        message = f"spec.source.backup names HasteCRMBackup {name!r}, which does not exist"
        return no(Restores.DUMP_NOT_FOUND, message)
    backup = BackupObject.parse(live)
    if backup.status.phase in {"Failed", "Missing"}:
        why = backup.status.message or "it failed"
        return no(Restores.DUMP_NOT_FOUND, f"HasteCRMBackup {name!r} has no dump: {why}")
    if backup.status.phase != "Complete":
        return no(Restores.WAITING_FOR_DUMP, f"HasteCRMBackup {name!r} is still being taken")
    dump, taken_by = backup.status.name or name, backup.spec.hastecrm
    # One that was found in the destination says no key, but dumps have one folder for each HasteCRM.
    key = backup.status.key or f"{scope.key.namespace}-{taken_by}/{dump}{_SUFFIX}"
    return Source(key, dump, hastecrm or taken_by)
