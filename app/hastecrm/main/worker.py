"""`hastecrm worker`: the jobs."""

import argparse
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from hastecrm.core.cache import Cache
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.files.files import Files
from hastecrm.core.files.purge import PurgeFiles
from hastecrm.core.idempotency import PurgeKeys
from hastecrm.core.jobs.cron import Cron
from hastecrm.core.jobs.doorbell import Doorbell
from hastecrm.core.jobs.housekeeping import PurgeDead
from hastecrm.core.jobs.model import Empty, Kind, in_one_transaction
from hastecrm.core.jobs.queue import Queue
from hastecrm.core.jobs.schedule import Schedule, Scheduler
from hastecrm.core.jobs.telemetry import JobMetrics, QueueWatch
from hastecrm.core.jobs.worker import RETURN_SECONDS, Limits, Worker
from hastecrm.core.masking import Masker
from hastecrm.core.metrics import Metrics
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.records.service import PurgeTrash
from hastecrm.core.remote import Remotes
from hastecrm.core.scope import SYSTEM
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.repository.purge import PurgeSignIns
from hastecrm.features.audit.service import PurgeAudit
from hastecrm.features.automations.running import PurgeRuns
from hastecrm.features.duplicates import comparing
from hastecrm.features.search.service import SweepSpellings
from hastecrm.features.timeline.reminders import Remind, reminder_lag
from hastecrm.features.webhooks.service import PurgeDeliveries
from hastecrm.features.workspaces.service.purge import PurgeInvitations, PurgeWorkspaces
from hastecrm.main.api import startup_steps, watches
from hastecrm.main.automations import automation_kinds
from hastecrm.main.imports import job_of
from hastecrm.main.kinds import BELONGINGS
from hastecrm.main.observing import observe_database
from hastecrm.main.serving import Role, run_role, secrets_of
from hastecrm.main.webhooks import webhook_deliveries

Work = Callable[[], Coroutine[Any, Any, None]]
_SPARE_CONNECTIONS = 2

_EXAMPLES = """\
examples:
  hastecrm worker
  HASTECRM_JOB_CONCURRENCY=8 HASTECRM_PROBE_PORT=9002 hastecrm worker
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the examples; there are no options."""
    parser.epilog = _EXAMPLES


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Work until told to stop."""
    return run_role("worker", settings, build)


async def build(settings: Settings) -> Service:
    """Return everything that a worker process runs."""
    database = Database.of(settings, "worker", scope=SYSTEM)
    role = Role.of("worker", settings, startup_steps(database), watches(settings, database, Cache(None)))
    observe_database(role.metrics, role.health, database)
    known = [
        *kinds(settings),
        _purge_files(settings, database),
        job_of(settings, database),
        *_letters(settings, role.remotes),
        _reminders(settings, role.metrics),
        *_mailboxes(settings),
        webhook_deliveries(settings, database, role.metrics),
        *automation_kinds(settings, database),
    ]
    work = [_after_startup(role, each) for each in job_work(role, database, known)]
    return role.service(None, work=work, closers=[database.close])


def _purge_files(settings: Settings, database: Database) -> Kind[Any]:
    return Kind("purge_files", Empty, in_one_transaction(PurgeFiles(Files.of(settings, database).vaults)))


def _letters(settings: Settings, remotes: Remotes) -> list[Kind[Any]]:
    if settings.mail_host is None:
        return []
    # What mail needs takes 5 MB: only workers that send some pay for it.
    from hastecrm.main.letters import letter_kinds  # noqa: PLC0415

    return letter_kinds(settings, remotes)


def _mailboxes(settings: Settings) -> list[Kind[Any]]:
    if settings.secret_key is None:
        return []  # no password can be opened
    from hastecrm.main.mailboxes import mailbox_kinds  # noqa: PLC0415 - ciphers, as above

    return mailbox_kinds(settings)


def _reminders(settings: Settings, metrics: Metrics) -> Kind[Any]:
    post = None
    if settings.mail_host is not None:
        from hastecrm.main.letters import reminder_post  # noqa: PLC0415 - as above

        post = reminder_post(settings)
    remind = Remind(post, reminder_lag(metrics.registry).observe)
    return Kind("remind", Empty, in_one_transaction(remind))


def kinds(settings: Settings) -> list[Kind[Any]]:
    """Return every kind of job that this version can run."""
    retention = timedelta(days=settings.retention_days)
    audit_life = timedelta(days=settings.audit_retention_days)
    return [
        Kind("purge_contacts", Empty, in_one_transaction(PurgeTrash(utc_now, retention, BELONGINGS))),
        Kind(
            "purge_workspaces",
            Empty,
            in_one_transaction(PurgeWorkspaces(utc_now, retention, BELONGINGS)),
        ),
        Kind("purge_invitations", Empty, in_one_transaction(PurgeInvitations(utc_now, retention))),
        Kind("purge_audit", Empty, in_one_transaction(PurgeAudit(utc_now, audit_life))),
        Kind("purge_sign_ins", Empty, in_one_transaction(PurgeSignIns(utc_now))),
        Kind("purge_dead_jobs", Empty, in_one_transaction(PurgeDead(utc_now, retention))),
        Kind("purge_automation_runs", Empty, in_one_transaction(PurgeRuns(utc_now, retention))),
        Kind("purge_webhook_deliveries", Empty, in_one_transaction(PurgeDeliveries(utc_now, retention))),
        Kind(comparing.KIND, Empty, in_one_transaction(comparing.compare)),
        Kind("sweep_spellings", Empty, in_one_transaction(SweepSpellings())),
        Kind("purge_idempotency_keys", Empty, in_one_transaction(PurgeKeys(utc_now))),
        *([_sealing(settings)] if _is_key_being_replaced(settings) else []),
    ]


def _is_key_being_replaced(settings: Settings) -> bool:
    return settings.secret_key is not None and settings.secret_key_previous is not None


def _sealing(settings: Settings) -> Kind[Any]:
    # Ciphers take memory that most workers have no need of.
    from hastecrm.core.sealing import Sealer  # noqa: PLC0415
    from hastecrm.features.second_factor.resealing import KIND, SealAgain  # noqa: PLC0415

    return Kind(KIND, Empty, in_one_transaction(SealAgain(Sealer.of(settings))))


def schedules(settings: Settings) -> list[Schedule]:
    """Return what starts by itself, and when."""
    return [
        Schedule("purge_contacts", timedelta(seconds=settings.housekeeping_interval)),
        Schedule("purge_files", timedelta(minutes=1)),
        Schedule("purge_idempotency_keys", timedelta(minutes=5)),
        *([Schedule("look_for_mail", timedelta(minutes=1))] if settings.secret_key is not None else []),
        Schedule(comparing.KIND, timedelta(seconds=5)),
        Schedule("remind", timedelta(seconds=15)),
        *([Schedule("settle_mails", timedelta(minutes=10))] if settings.mail_host is not None else []),
        Schedule("sweep_spellings", timedelta(minutes=10)),
        Schedule("purge_workspaces", timedelta(seconds=settings.housekeeping_interval)),
        Schedule("purge_invitations", timedelta(hours=1)),
        Schedule("purge_audit", timedelta(hours=1)),
        Schedule("purge_sign_ins", timedelta(minutes=15)),
        Schedule("purge_dead_jobs", Cron("0 3 * * *")),
        Schedule("purge_webhook_deliveries", timedelta(minutes=15)),
        Schedule("purge_automation_runs", timedelta(minutes=15)),
        Schedule("find_stalled_deals", timedelta(minutes=15)),
        *(
            [Schedule("seal_second_factors", timedelta(minutes=5))]
            if _is_key_being_replaced(settings)
            else []
        ),
    ]


def job_work(role: Role, database: Database, known: Sequence[Kind[Any]]) -> list[Work]:
    """Return the background work that runs jobs of the known kinds."""
    settings, planned = role.settings, schedules(role.settings)
    queue = Queue(database, settings.job_lease)
    metrics, clean = JobMetrics(role.metrics, utc_now), Masker(secrets_of(settings)).clean
    worker = Worker(queue, known, metrics, limits(settings), clean)
    watch = QueueWatch(database, planned)
    watch.add_to(role.metrics)
    role.metrics.watch("hastecrm_jobs_running", "Jobs that run here.", lambda: worker.running)
    role.health.sections["queue"] = lambda: {**watch.report(), "running_here": worker.running}
    doorbell = Doorbell(ConnectionOptions.of(settings, "worker-doorbell"), worker.wake)
    return [worker.run, doorbell.run, Scheduler(database, planned).run, watch.run]


def limits(settings: Settings) -> Limits:
    """Return what one worker may do at once; some connections stay free for claims, leases and probes."""
    room = max(1, settings.pool_max_size - _SPARE_CONNECTIONS)
    return Limits(
        concurrency=min(settings.job_concurrency, room),
        poll=settings.job_poll,
        grace=max(0.0, settings.shutdown_seconds - RETURN_SECONDS),
    )


def _after_startup(role: Role, work: Work) -> Work:
    async def begin() -> None:
        await role.health.startup.finished.wait()
        await work()

    return begin
