"""Proves a dump: restores it where nobody works, looks at all of it, measures what a disaster would cost."""

import time
from dataclasses import dataclass
from datetime import timedelta

from hastecrm.core.clock import Clock
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import DumpMissingError
from hastecrm.dumps.manifest import Manifest
from hastecrm.restores.checks import Check
from hastecrm.restores.databases import drop
from hastecrm.restores.forward import migrate_forward
from hastecrm.restores.restore import Restore


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven. RTO: time until people could work; RPO: age of the dump at that moment."""

    manifest: Manifest
    checks: list[Check]
    rto: float
    rpo: timedelta

    def as_json(self) -> dict[str, object]:
        """Return the report."""
        return {
            "name": self.manifest.name,
            "takenAt": self.manifest.taken_at.isoformat(),
            "rtoSeconds": round(self.rto, 1),
            "rpoSeconds": round(self.rpo.total_seconds()),
            "tables": len(self.manifest.tables),
            "rows": self.manifest.rows,
            "schema": self.manifest.schema_.model_dump(by_alias=True),
            "checks": [check.name for check in self.checks],
        }


@dataclass(frozen=True, slots=True)
class Drill:
    """Restores into a scratch server and leaves nothing there."""

    restore: Restore
    clock: Clock

    async def run(self, name: str) -> Proof:
        """Prove a dump and mark it as proven; raises the `DumpError` that says why it cannot be trusted."""
        began, started = self.clock(), time.monotonic()
        manifest = await self.restore.find(name)
        server = self.restore.server
        database = f"{server.live[:40]}_restore_drill"
        try:
            await self.restore.into(database, manifest)
            checks = await self.restore.check(database, manifest)
            async with server.inside(database) as connection:
                await migrate_forward(connection, self.restore.say)
            took = time.monotonic() - started
        finally:
            async with server.beside() as connection:
                await drop(connection, server.live, database)
        await self.restore.catalogue.write(manifest.model_copy(update={"verified_at": self.clock()}))
        return Proof(manifest, checks, took, began - manifest.taken_at)


async def newest(catalogue: Catalogue) -> str:
    """Return the name of the newest dump that is whole as far as a look can tell."""
    contents = await catalogue.read()
    if not contents.manifests:
        raise DumpMissingError(
            f"there is no good dump in {catalogue.folder} of {catalogue.destination.address}"
        )
    return contents.manifests[0].name
