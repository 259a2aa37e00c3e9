"""Older data and this release: what can be read, and what has to be migrated forward."""

from collections.abc import Callable
from typing import Any

from hastecrm.core.migrating.plan import Phase
from hastecrm.core.migrator import Migrator
from hastecrm.core.schema import Schema, bundled_migrations
from hastecrm.restores.errors import DumpTooNewError


def require_readable(*, code: Schema, dump: Schema) -> str | None:
    """Return what restoring will do beside restoring, for people; None for nothing.

    Raises `DumpTooNewError` for a dump of a newer schema that does not serve this release any more: going
    back is not what migrations can do.
    """
    if dump.version > code.version:
        if dump.compatible_from > code.version:
            raise DumpTooNewError(
                f"the dump has schema {dump.version}, which serves releases from {dump.compatible_from} on, "
                f"and this one has {code.version}; restore it with the release that took it, or a newer one"
            )
        return f"its schema {dump.version} is newer, and serves this release as well"
    if dump.version == code.version:
        return None
    return f"its schema {dump.version} is migrated forward to {code.version}"


async def migrate_forward(connection: Any, say: Callable[[str], None]) -> list[str]:
    """Bring a restored database to this release's schema; return the names of the migrations.

    Raises a `MigrationError`, also for a database that this release cannot run on. What older code needs
    stays: it is taken away in its time, as after an upgrade.
    """
    return (await Migrator(bundled_migrations(), say).run(connection, Phase.EXPAND)).applied
