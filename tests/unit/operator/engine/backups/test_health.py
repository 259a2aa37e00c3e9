"""Whether the data could be brought back, over time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.crm import crm

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.status import DumpStatus, FailedDump, VerifiedDump
from hastecrm_operator.engine.backups.health import (
    backup_healthy,
    backup_moments,
    backup_status,
    backup_verified,
)
from hastecrm_operator.engine.backups.standing import Standing

START = datetime(2026, 3, 2, 2, 5, tzinfo=UTC)  # a Monday, five minutes after a run was due
VOLUME = {"destination": {"volume": {"size": "1Gi"}}}
SCHEDULES = st.sampled_from(["0 2 * * *", "*/15 * * * *", "30 1,13 * * mon-fri", "0 0 1 * *", "0 2 29 mar *"])
ZONES = st.sampled_from(["Etc/UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu"])
MINUTES = st.integers(min_value=0, max_value=90 * 24 * 60).map(lambda count: timedelta(minutes=count))


def of(**spec: Any) -> HasteCRM:
    return crm(backup={**VOLUME, **spec})


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def dump(at: datetime) -> DumpStatus:
    return DumpStatus(name="d", at=text(at))


@given(SCHEDULES, ZONES, MINUTES, MINUTES, MINUTES)
def test_a_backup_becomes_too_old_once_and_stays_so(
    schedule: str, zone: str, taken: timedelta, first: timedelta, later: timedelta
):
    asked, known = of(schedule=schedule, timeZone=zone), Standing(newest=dump(START + taken))
    now = START + taken + first

    statuses = [verdict.status for at in (now, now + later) if (verdict := backup_healthy(asked, known, at))]

    assert statuses in (["True", "True"], ["True", "False"], ["False", "False"])


@given(SCHEDULES, ZONES, MINUTES, MINUTES)
def test_whenever_the_answer_changes_a_look_is_due(
    schedule: str, zone: str, taken: timedelta, first: timedelta
):
    asked, known = of(schedule=schedule, timeZone=zone), Standing(newest=dump(START + taken))
    now = START + taken + first
    healthy = backup_healthy(asked, known, now)
    due = min((moment for moment in backup_moments(asked, known, now) if moment > now), default=None)

    if due and due - now > timedelta(minutes=1):
        assert backup_healthy(asked, known, due - timedelta(seconds=1)) == healthy
        assert backup_status(asked, known, due - timedelta(seconds=1)) == backup_status(asked, known, now)


@given(SCHEDULES, MINUTES, MINUTES)
def test_a_failure_counts_until_a_later_success(schedule: str, taken: timedelta, failed: timedelta):
    asked, now = of(schedule=schedule), START + taken + timedelta(minutes=1)
    failure = FailedDump(at=text(START + failed), reason="DumpFailed: no")
    verdict = backup_healthy(asked, Standing(newest=dump(START + taken), failure=failure), now)

    assert verdict
    assert (verdict.reason == "LastFailed") == (failed > taken)


@pytest.mark.parametrize(
    ("spec", "hours", "expected"),
    [
        pytest.param({"schedule": "0 2 * * *"}, 2, "BackupsCurrent", id="young"),
        pytest.param(
            {"schedule": "0 2 * * *"}, 25, "BackupsCurrent", id="the next one may still be under way"
        ),
        pytest.param({"schedule": "0 2 * * *"}, 27, "TooOld", id="the next one never came"),
        pytest.param({"schedule": "0 2 * * *", "suspend": True}, 2, "BackupsCurrent", id="suspended lately"),
        pytest.param({"schedule": "0 2 * * *", "suspend": True}, 29, "Suspended", id="suspended for long"),
        pytest.param({}, 2, "NotScheduled", id="on demand only"),
        pytest.param({"schedule": "0 2 30 feb *"}, 2000, "BackupsCurrent", id="a schedule that never comes"),
    ],
)
def test_the_age_is_judged_by_the_schedule(spec: dict[str, Any], hours: float, expected: str):
    verdict = backup_healthy(of(**spec), Standing(newest=dump(START)), START + timedelta(hours=hours))

    assert verdict
    assert verdict.reason == expected


@pytest.mark.parametrize("why", ["hibernated", "paused"])
def test_nobody_is_blamed_for_age_while_the_operator_rests(why: str):
    asked = crm(backup={**VOLUME, "schedule": "0 2 * * *"}, **{why: True})
    verdict = backup_healthy(asked, Standing(newest=dump(START)), START + timedelta(days=9))

    assert verdict
    assert verdict.status == "Unknown"


def test_never_succeeded_is_not_healthy_and_nothing_is_said_without_backups():
    assert backup_healthy(of(schedule="0 2 * * *"), Standing(), START).reason == "NeverSucceeded"  # type: ignore[union-attr]
    assert backup_healthy(of(), Standing(), START).reason == "NotScheduled"  # type: ignore[union-attr]
    assert backup_healthy(crm(), Standing(), START) is None
    assert backup_verified(crm(), Standing(), START) is None
    assert backup_status(crm(), Standing(), START) == {}


@pytest.mark.parametrize(
    ("proven", "failed", "days", "expected"),
    [
        pytest.param(None, None, 1, "NeverVerified", id="never"),
        pytest.param(0, None, 1, "Verified", id="lately"),
        pytest.param(0, None, 16, "TooOld", id="long ago"),
        pytest.param(0, 2, 3, "VerificationFailed", id="failed since"),
        pytest.param(2, 0, 3, "Verified", id="proven since"),
    ],
)
def test_a_proof_is_judged_by_the_schedule_of_drills(
    proven: int | None, failed: int | None, days: int, expected: str
):
    at = {key: text(START + timedelta(days=d)) for key, d in (("p", proven), ("f", failed)) if d is not None}
    known = Standing(
        verified=VerifiedDump(name="d", at=at["p"]) if "p" in at else None,
        failed_drill=FailedDump(at=at["f"], reason="DumpDamaged: no") if "f" in at else None,
    )
    verdict = backup_verified(of(schedule="0 2 * * *"), known, START + timedelta(days=days))

    assert verdict
    assert verdict.reason == expected
