"""Releases that change the schema on real pods, and what goes wrong with them; one builds on another."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e import faults, upgrades
from tests.e2e.conftest import UNVERIFIED, Installation
from tests.e2e.load import Load
from tests.e2e.rollbacks import condition, until_rolled_back
from tests.e2e.test_backups import VOLUME
from tests.e2e.test_lifecycle import until
from tests.e2e.test_product import add_contact, contacts
from tests.e2e.upgrades import SCHEMA, Upgrade

pytestmark = [pytest.mark.data, pytest.mark.timeout(480)]

_HEAD = "-- phase: expand\n-- compatible-from: {}\n"
_LOCKS = f"{_HEAD.format(1)}ALTER TABLE contacts ADD COLUMN e2e text;\n"
_BREAKS = f"{_HEAD.format(SCHEMA + 2)}ALTER TABLE contacts ADD COLUMN e2e_more text;\n"
BROKEN = Upgrade(
    "broken", (f"{_HEAD.format(1)}CREATE TABLE half ();\nALTER TABLE nothing ADD COLUMN e2e text;\n",)
)
HASTY = Upgrade("hasty", (_LOCKS,), {"HASTECRM_MIGRATE_LOCK_TRIES": "3"})
PATIENT = Upgrade("patient", (_LOCKS,))
ONE_WAY = Upgrade("one-way", (_LOCKS, _BREAKS))

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
SYSTEM = ("-n", "hastecrm-system")
RATE = 20.0  # what a busy machine can serve, too
QUICK = {"journey": True, "window": "5s", "maxP95": "2s"}


@dataclass(frozen=True)
class Base:
    """What ran before any of these releases, with a contact from then."""

    crm: Installation
    revision: int
    stamp: str

    def release(self, upgrade: Upgrade, **spec: Any) -> int:
        """Ask for a release, and return the generation."""
        return self.crm.patch({"images": {"app": upgrade.image}, **spec})

    def go_back(self, *, restore_data: bool) -> dict[str, Any]:
        """Run what ran before, and let the spec ask for the same."""
        wish = {"toRevision": self.revision, "restoreData": restore_data}
        self.crm.until_ready(self.crm.patch({"rollback": wish}), 180)
        return self.follow_the_spec()

    def follow_the_spec(self) -> dict[str, Any]:
        """End a rollback by asking for what it runs."""
        plain = {"rollback": None, "images": {"app": None}, "api": {"env": None, "podTemplate": None}}
        return self.crm.until_ready(self.crm.patch(plain), 180)

    def pods(self, tiers: str = "api,web,worker") -> set[str]:
        """Return the uids of the pods that serve."""
        tiers = f"app.kubernetes.io/component in ({tiers})"
        found = [pod["metadata"] for pod in self.crm.json("get", "pods", "-l", tiers)["items"]]
        return {meta["uid"] for meta in found if "deletionTimestamp" not in meta}

    async def emails(self) -> set[str]:
        """Return the first words of the addresses of these tests' contacts."""
        found = await contacts(self.crm, filter=f'email:"{self.stamp}"')
        return {contact["email"].split("-")[0] for contact in found}


@pytest.fixture(scope="module")
def base(crm: Installation) -> Iterator[Base]:
    faults.make(crm)
    upgrades.load(BROKEN, HASTY, PATIENT, ONE_WAY)
    crm.until_ready(crm.patch({"backup": VOLUME, "release": {"progressDeadline": "3m"}}))
    made = Base(crm, crm.status()["revision"], str(time.monotonic_ns()))
    asyncio.run(add_contact(crm, f"early-{made.stamp}@example.com"))
    yield made
    if crm.status()["schema"]["version"] != SCHEMA:
        made.go_back(restore_data=True)
    crm.kubectl("annotate", "hastecrm", crm.name, "hastecrm.io/retry-")
    rest = {"verify": {**UNVERIFIED, "maxP95": None}, "progressDeadline": None, "historyLimit": None}
    crm.patch({"release": rest})
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


@contextmanager
def watched(crm: Installation, kind: str) -> Iterator[set[tuple[str, str]]]:
    """Gather name and uid of all objects of a kind that there are meanwhile."""
    seen: set[tuple[str, str]] = set()
    columns = "custom-columns=:.metadata.name,:.metadata.uid"
    watch = crm.start("get", kind, "--watch", "--no-headers", "-o", columns)
    try:
        yield seen
    finally:
        watch.terminate()
        seen |= {(name, uid) for name, uid in map(str.split, watch.communicate()[0].splitlines())}


def kill_operator_in(crm: Installation, phase: str) -> None:
    """Kill the operator once it has written down that this phase begins."""
    crm.until(lambda status: status.get("release", {}).get("phase") == phase, 120)
    ours = ("-l", "app.kubernetes.io/name=hastecrm-operator", "--force", "--grace-period=0")
    crm.kubectl(*SYSTEM, "delete", "pod", *ours)


def log_of_migration(crm: Installation) -> str:
    migration = "app.kubernetes.io/component=migrate"
    return crm.kubectl("logs", "-l", migration, "--tail=-1", "--ignore-errors")


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


def test_a_release_and_its_rollback_go_on_though_the_operator_is_killed_in_each_phase(base: Base):
    crm, before = base.crm, base.crm.status()["revision"]
    crm.until_ready(crm.patch({"images": {"app": None}, "release": {"verify": QUICK}}))
    load = Load(crm, RATE)
    with watched(crm, "jobs") as jobs, watched(crm, "hcb") as backups:
        with locked(crm):
            generation = base.release(PATIENT)
            for phase in ("Planning", "BackingUp", "Migrating"):
                kill_operator_in(crm, phase)
            until(lambda: "waits for a lock" in log_of_migration(crm), "it got its lock at once", 60)
        for phase in ("RollingOut", "Verifying"):
            kill_operator_in(crm, phase)
        promoted = crm.until_ready(generation, 180)
        rollback = crm.patch({"rollback": {"toRevision": before}})
        kill_operator_in(crm, "RollingBack")
        back = crm.until_ready(rollback, 180)
    report = load.finish()

    assert (promoted["revision"], promoted["schema"]["version"]) == (before + 1, PATIENT.schema)
    assert (back["revision"], back["release"]["phase"]) == (before, "RolledBack")
    assert len({name for name, _ in jobs}) == len(jobs) >= 4
    assert len({name for name, _ in backups}) == len(backups)
    assert report.failed == set()
    crm.patch({"release": {"verify": {**UNVERIFIED, "maxP95": None}}})
    base.follow_the_spec()


def test_a_release_that_cannot_go_back_is_left_as_it_is_until_somebody_decides(base: Base):
    crm, before = base.crm, base.pods("api")
    load = Load(crm, RATE)
    base.release(ONE_WAY, api=faults.release("crash"))
    told = crm.until(lambda status: status.get("release", {}).get("phase") == "Migrating")
    frozen = crm.until(lambda status: status["phase"] == "Frozen", 180)
    report = load.finish()

    assert (told["rollback"]["verdict"], told["rollback"]["to"]) == ("NeedsRestore", base.revision)
    ready = condition(frozen, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "Frozen")
    assert f"spec.rollback: {{toRevision: {base.revision}, restoreData: true}}" in ready["message"]
    assert condition(frozen, "ReleaseAccepted")["reason"] == "CrashLoopBackOff"
    assert condition(frozen, "Available")["status"] == "True"
    assert before <= base.pods("api")
    assert report.failed == set()
    better = crm.until_ready(crm.patch({"api": faults.release("")}), 180)
    assert (better["schema"]["version"], better["rollback"]["verdict"]) == (ONE_WAY.schema, "NeedsRestore")


async def test_pods_and_data_of_then_come_back_together(base: Base):
    crm = base.crm
    await add_contact(crm, f"late-{base.stamp}@example.com")
    load = Load(crm, RATE)
    status = await asyncio.to_thread(base.go_back, restore_data=True)
    report = load.finish()

    assert await base.emails() == {"early"}
    assert (status["revision"], status["schema"]["version"]) == (base.revision, SCHEMA)
    assert report.failed
    assert [answer for answer in report.failed if "maintained" not in answer] == []


def test_a_revision_that_is_no_longer_kept_is_refused_and_nothing_changes(base: Base):
    crm, before = base.crm, base.pods()
    gone = base.revision + 1
    crm.patch({"release": {"historyLimit": 1}})
    until(lambda: gone not in revisions(crm), "the history is not shortened")
    generation = crm.patch({"rollback": {"toRevision": gone}})
    status = crm.until(lambda s: s["observedGeneration"] >= generation)

    accepted = condition(status, "ReleaseAccepted")
    kept = ", ".join(map(str, sorted(revisions(crm))))
    assert accepted["reason"] == "RevisionNotFound"
    assert f"revision {gone} is not recorded; recorded are: {kept}" in accepted["message"]
    assert status["revision"] == base.revision
    assert base.pods() == before


def revisions(crm: Installation) -> set[int]:
    release = ("-l", "app.kubernetes.io/component=release")
    return {record["revision"] for record in crm.json("get", "controllerrevisions", *release)["items"]}
