"""`hastecrm worker`: the periodic jobs."""

import argparse
from datetime import timedelta

from hastecrm.core.cache import Cache
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.core.worker import Job, Worker
from hastecrm.features.contacts.service import Purge
from hastecrm.main.api import startup_steps, watches
from hastecrm.main.serving import Role, run_role, watch_pool


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Work until told to stop."""
    return run_role("worker", settings, build)


async def build(settings: Settings) -> Service:
    """Return everything that a worker process runs."""
    database = Database.of(settings, "worker")
    role = Role.of("worker", settings, startup_steps(database), watches(settings, database, Cache(None)))
    watch_pool(role.metrics, database)
    purge = Purge(utc_now, timedelta(days=settings.retention_days))
    worker = Worker(
        database,
        [Job("purge_contacts", purge)],
        role.metrics,
        utc_now,
        settings.housekeeping_interval,
    )

    async def work() -> None:
        await role.health.startup.finished.wait()
        await worker.run()

    return role.service(None, work=[work], closers=[database.close])
