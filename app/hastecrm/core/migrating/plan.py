"""What is to run in which phase, and what code can live with the result. Pure: no database here.

Expand and data migrations run before the new code is started, contract migrations when no older code is left.
So the migrations that a database has had may have gaps, but only where a contract migration waits:

- A contract migration waits as long as it would take something from code that may still run. It does not wait
  where nothing is taken: in an empty database, or where `compatible-from` of what runs anyway says as much.
- That is also how a migration tells that it needs an earlier contract migration: its own `compatible-from` is
  at least as high.
- Contract migrations keep their order among themselves, because their `compatible-from` never goes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hastecrm.core.migrating.errors import ChecksumChangedError, ExpandFirstError, SchemaTooNewError
from hastecrm.core.schema import Migration, Schema, mismatch, schema_of


class Phase(StrEnum):
    """Which migrations a run is for."""

    EXPAND = "expand"  # with data: all that the new code needs, and nothing that the old code would miss
    CONTRACT = "contract"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Applied:
    """What the database says about a migration that it has had."""

    version: int
    name: str
    compatible_from: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does: `run` in this order, `deferred` later; the schema before and after it."""

    run: tuple[Migration, ...]
    deferred: tuple[Migration, ...]
    before: Schema
    after: Schema
    newest: int  # version of the newest migration that the database has had; 0 for an empty database

    def suits(self, code: int) -> bool:
        """Whether code of this version still works after the run."""
        return self.newest == 0 or code >= self.after.compatible_from


def plan(bundled: Sequence[Migration], applied: Sequence[Applied], phase: Phase = Phase.ALL) -> Plan:
    """Return what a run is to do; raises a `MigrationError` where it must not begin."""
    left = pending(bundled, applied)
    before = schema_of_database(bundled, applied)
    if before.compatible_from > (code := schema_of(bundled)).version:
        raise SchemaTooNewError(str(mismatch(code=code, database=before)))
    waiting = _deferred(left, before.compatible_from) if phase is Phase.EXPAND and applied else []
    if phase is Phase.CONTRACT:
        _refuse_early(left)
    run = [migration for migration in left if migration not in waiting]
    done = [*applied, *(Applied(m.version, m.name, m.compatible_from, m.checksum) for m in run)]
    newest = max((each.version for each in applied), default=0)
    return Plan(tuple(run), tuple(waiting), before, schema_of_database(bundled, done), newest)


def pending(bundled: Sequence[Migration], applied: Sequence[Applied]) -> list[Migration]:
    """Return what the database has not had, in order; raises `ChecksumChangedError`.

    What a newer version has done to the database is its own affair.
    """
    checksums = {done.version: done.checksum for done in applied}
    for migration in bundled:
        if checksums.get(migration.version, migration.checksum) != migration.checksum:
            raise ChecksumChangedError(
                f"{migration.name}.sql was changed after it had been applied; restore the file and put the "
                "change into a new migration"
            )
    return [migration for migration in bundled if migration.version not in checksums]


def schema_of_database(bundled: Sequence[Migration], applied: Sequence[Applied]) -> Schema:
    """Return the newest code whose needs a database meets, and the oldest that it has taken nothing from."""
    if not applied:
        return Schema(0, 0)
    done = {each.version for each in applied}
    lacking = [each.version for each in bundled if not each.is_contract and each.version not in done]
    newest = max(done | {each.version for each in bundled})
    version = min(lacking) - 1 if lacking else newest
    return Schema(version, max(each.compatible_from for each in applied))


def _deferred(left: Sequence[Migration], compatible_from: int) -> list[Migration]:
    """Return the contract migrations that would take more than is taken anyway."""
    floor = max([compatible_from, *(each.compatible_from for each in left if not each.is_contract)])
    return [each for each in left if each.is_contract and each.compatible_from > floor]


def _refuse_early(left: Sequence[Migration]) -> None:
    if early := [each.name for each in left if not each.is_contract]:
        raise ExpandFirstError(
            f"{', '.join(early)} must run before anything is taken away: `hastecrm migrate --phase expand`"
        )
