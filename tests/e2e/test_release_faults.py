"""Releases that change the schema on real pods, and what goes wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e import upgrades
from tests.e2e.conftest import Installation
from tests.e2e.load import Load
from tests.e2e.rollbacks import condition, until_rolled_back
from tests.e2e.test_backups import VOLUME
from tests.e2e.test_lifecycle import until
from tests.e2e.upgrades import SCHEMA, Upgrade

pytestmark = [pytest.mark.data, pytest.mark.timeout(480)]

_HEAD = "-- phase: expand\n-- compatible-from: {}\n"
_LOCKS = f"{_HEAD.format(1)}ALTER TABLE contacts ADD COLUMN e2e text;\n"
BROKEN = Upgrade(
    "broken", (f"{_HEAD.format(1)}CREATE TABLE half ();\nALTER TABLE nothing ADD COLUMN e2e text;\n",)
)
HASTY = Upgrade("hasty", (_LOCKS,), {"HASTECRM_MIGRATE_LOCK_TRIES": "3"})

# How long somebody who reads the table waits at most, while the report runs. Measured in the server:
# on a busy machine all else takes its time, too.
_LONGEST_WAIT = """
DO $$ DECLARE asked timestamptz; longest interval := '0'; BEGIN
    WHILE EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'report') LOOP
        asked := clock_timestamp();
        PERFORM 1 FROM contacts LIMIT 1;
        longest := greatest(longest, clock_timestamp() - asked);
        COMMIT;
        PERFORM pg_sleep(0.05);
        COMMIT;
    END LOOP;
    PERFORM set_config('e2e.longest', extract(epoch FROM longest)::text, false);
END $$
"""
RATE = 20.0  # what a busy machine can serve, too


@dataclass(frozen=True)
class Base:
    """What ran before any of these releases."""

    crm: Installation
    revision: int

    def release(self, upgrade: Upgrade, **spec: Any) -> int:
        """Ask for a release, and return the generation."""
        return self.crm.patch({"images": {"app": upgrade.image}, **spec})

    def follow_the_spec(self) -> dict[str, Any]:
        """Ask for what runs again."""
        return self.crm.until_ready(self.crm.patch({"images": {"app": None}}), 180)

    def pods(self, tiers: str = "api,web,worker") -> set[str]:
        """Return the uids of the pods that serve."""
        tiers = f"app.kubernetes.io/component in ({tiers})"
        return {pod["metadata"]["uid"] for pod in self.crm.json("get", "pods", "-l", tiers)["items"]}


@pytest.fixture(scope="module")
def base(crm: Installation) -> Iterator[Base]:
    upgrades.load(BROKEN, HASTY)
    crm.until_ready(crm.patch({"backup": VOLUME, "release": {"progressDeadline": "3m"}}))
    made = Base(crm, crm.status()["revision"])
    yield made
    crm.patch({"release": {"progressDeadline": None}})
    made.follow_the_spec()


def psql(crm: Installation, *statements: str, name: str = "e2e") -> tuple[str, ...]:
    """Return the arguments of a kubectl that runs statements as the superuser, each by itself."""
    server = ("exec", f"{crm.name}-postgres-0", "-c", "postgres", "--", "env", f"PGAPPNAME={name}")
    options = ("psql", "-q", "-X", "-A", "-t", "-h", "/tmp", "-U", "postgres", "-d", "hastecrm")  # noqa: S108
    return (*server, *options, *(part for statement in statements for part in ("-c", statement)))


@contextmanager
def locked(crm: Installation) -> Iterator[None]:
    """Let a long report read the table, so that nobody gets an exclusive lock on it until the end."""
    report = crm.start(*psql(crm, "SELECT 1 FROM contacts LIMIT 1; SELECT pg_sleep(600)", name="report"))
    mine = "FROM pg_stat_activity WHERE application_name = 'report' AND wait_event = 'PgSleep'"
    until(lambda: crm.kubectl(*psql(crm, f"SELECT pid {mine}")).strip(), "the report does not run", 30)
    try:
        yield
    finally:
        crm.kubectl(*psql(crm, f"SELECT pg_terminate_backend(pid) {mine}"))
        report.communicate(timeout=30)


def test_a_migration_that_fails_touches_no_pod_and_says_why(base: Base):
    before = base.pods()
    load = Load(base.crm, RATE)
    status = until_rolled_back(base.crm, base.release(BROKEN))
    report = load.finish()

    accepted = condition(status, "ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "MigrationFailed")
    assert 'relation "nothing" does not exist' in accepted["message"]
    assert (status["revision"], status["schema"]["version"]) == (base.revision, SCHEMA)
    assert base.pods() == before
    assert report.failed == set()


def test_a_migration_that_gets_no_lock_gives_up_and_hardly_anybody_has_waited(base: Base):
    before = base.pods()
    load = Load(base.crm, RATE)
    with locked(base.crm):
        reading = base.crm.start(*psql(base.crm, _LONGEST_WAIT, "SELECT current_setting('e2e.longest')"))
        status = until_rolled_back(base.crm, base.release(HASTY))
    longest = float(reading.communicate(timeout=30)[0])
    report = load.finish()

    accepted = condition(status, "ReleaseAccepted")
    assert accepted["reason"] == "LockTimeout"
    assert "did not get a lock in 3 tries, held by process" in accepted["message"]
    assert "(report, role postgres) on contacts" in accepted["message"]
    assert base.pods() == before
    assert report.failed == set()
    assert 0.5 < longest < 2  # seconds; a migration queues for one
