"""There is one leader at most; a lost or given lease finds the next one soon."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.fakes.cluster import FakeCluster

from hastecrm_operator.engine.errors import UnavailableError
from hastecrm_operator.engine.kinds import LEASE
from hastecrm_operator.engine.leader import Candidate, Leadership, Timing

QUICK = Timing(duration=0.3, deadline=0.15, renew=0.02, poll=0.02)
DOWN = UnavailableError(0, "Unreachable", "no answer")


def candidate(cluster: FakeCluster, identity: str, timing: Timing = QUICK) -> Leadership:
    return Leadership(
        cluster,
        Candidate("system", "operator", identity),
        clock=asyncio.get_running_loop().time,
        now=lambda: datetime.now(UTC),
        timing=timing,
    )


def holder(cluster: FakeCluster) -> str:
    return cluster.objects[LEASE.name, "system", "operator"]["spec"]["holderIdentity"]


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


async def test_the_first_candidate_becomes_the_leader(cluster: FakeCluster):
    await candidate(cluster, "a").acquire()

    assert holder(cluster) == "a"


async def test_the_second_waits_as_long_as_the_first_renews(cluster: FakeCluster):
    first = candidate(cluster, "a")
    await first.acquire()
    holding = asyncio.create_task(first.hold())

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(candidate(cluster, "b").acquire(), 0.6)

    holding.cancel()
    assert holder(cluster) == "a"


async def test_a_lease_that_is_not_renewed_is_taken_over(cluster: FakeCluster):
    await candidate(cluster, "a").acquire()

    await asyncio.wait_for(candidate(cluster, "b").acquire(), 2)

    assert holder(cluster) == "b"


async def test_a_lease_that_is_given_away_is_taken_at_once(cluster: FakeCluster):
    first = candidate(cluster, "a")
    await first.acquire()
    await first.release()

    await asyncio.wait_for(candidate(cluster, "b", Timing()).acquire(), 0.5)

    assert holder(cluster) == "b"


async def test_renewing_reads_nothing(cluster: FakeCluster):
    leadership = candidate(cluster, "a")
    await leadership.acquire()
    cluster.reads.clear()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(leadership.hold(), 0.1)

    assert cluster.reads == []
    assert cluster.writes.count(("replace", "Lease", "operator")) >= 2


async def test_a_leader_that_cannot_renew_stops_before_another_may_start(cluster: FakeCluster):
    leadership = candidate(cluster, "a")
    await leadership.acquire()
    cluster.fail_next.extend([DOWN] * 100)
    started = asyncio.get_running_loop().time()

    await asyncio.wait_for(leadership.hold(), 2)

    assert asyncio.get_running_loop().time() - started < QUICK.duration


async def test_a_leader_that_lost_contact_for_a_moment_goes_on(cluster: FakeCluster):
    leadership = candidate(cluster, "a")
    await leadership.acquire()
    cluster.fail_next.extend([DOWN] * 3)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(leadership.hold(), 0.4)

    assert holder(cluster) == "a"


async def test_one_who_lost_the_lease_to_another_notices(cluster: FakeCluster):
    leadership = candidate(cluster, "a")
    await leadership.acquire()
    cluster.edit(LEASE, "system", "operator", {"spec": {"holderIdentity": "b", "renewTime": "now"}})

    await asyncio.wait_for(leadership.hold(), 1)

    assert holder(cluster) == "b"


async def test_only_the_holder_gives_the_lease_away(cluster: FakeCluster):
    leadership = candidate(cluster, "a")
    await leadership.acquire()
    cluster.edit(LEASE, "system", "operator", {"spec": {"holderIdentity": "b"}})

    await leadership.release()

    assert holder(cluster) == "b"
