"""Counting requests is exact, and remembers few clients."""

import pytest

from hastecrm.core.cache import Cache
from hastecrm.core.rate_limit.gcra import SECOND, Quota, Verdict, decide
from hastecrm.core.rate_limit.limiter import LocalCounts, RateLimiter, Zone, of_address
from hastecrm.core.settings.traffic import Rate, parse_rate

QUOTA = Quota(interval=SECOND, burst=3)
NOW = 1_700_000_000 * SECOND
# When each request comes, in microseconds after the first, and the verdict on it.
STORY = [
    (0, Verdict(True, 2, 0, SECOND)),
    (0, Verdict(True, 1, 0, 2 * SECOND)),
    (0, Verdict(True, 0, 0, 3 * SECOND)),
    (0, Verdict(False, 0, SECOND, 3 * SECOND)),
    (SECOND - 1, Verdict(False, 0, 1, 2 * SECOND + 1)),
    (SECOND, Verdict(True, 0, 0, 3 * SECOND)),
    (SECOND, Verdict(False, 0, SECOND, 3 * SECOND)),
    (3 * SECOND + SECOND // 2, Verdict(True, 1, 0, 3 * SECOND // 2)),
    (60 * SECOND, Verdict(True, 2, 0, SECOND)),
]


def test_a_burst_passes_then_one_request_each_interval() -> None:
    paid, verdicts = 0, []
    for after, _ in STORY:
        verdict, paid = decide(QUOTA, paid, NOW + after)
        verdicts.append(verdict)

    assert verdicts == [expected for _, expected in STORY]


def test_who_waits_as_told_passes_and_who_waits_a_microsecond_less_does_not() -> None:
    paid = NOW + 3 * SECOND
    refused, paid = decide(QUOTA, paid, NOW)

    assert decide(QUOTA, paid, NOW + refused.retry_after - 1)[0].allowed is False
    assert decide(QUOTA, paid, NOW + refused.retry_after)[0].allowed is True


def test_being_refused_costs_nothing() -> None:
    paid = NOW + 3 * SECOND
    for _ in range(100):
        _, paid = decide(QUOTA, paid, NOW)

    assert decide(QUOTA, paid, NOW + SECOND)[0].allowed is True


def test_a_clock_that_went_back_locks_nobody_out() -> None:
    verdict, paid = decide(QUOTA, NOW + 3600 * SECOND, NOW)

    assert (verdict, paid) == (Verdict(True, 2, 0, SECOND), NOW + SECOND)


@pytest.mark.parametrize(
    ("text", "interval"),
    [("10r/s", SECOND // 10), ("5r/m", 12 * SECOND), ("100r/h", 36 * SECOND), ("999999r/s", 1)],
)
def test_rates_are_written_as_nginx_writes_them(text: str, interval: int) -> None:
    rate = parse_rate(text)

    assert isinstance(rate, Rate)
    assert str(rate) == text
    assert Quota.of(rate, 5) == Quota(interval, 5)


@pytest.mark.parametrize("text", ["off", " OFF "])
def test_a_limit_can_be_off(text: str) -> None:
    assert Quota.of(parse_rate(text), 5) is None  # type: ignore[arg-type] # what it is asserts itself


@pytest.mark.parametrize(
    "text", ["", "10", "10/s", "0r/s", "-1r/s", "1.5r/s", "10r/d", "10 r/s", "1234567r/s"]
)
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 10r/s"):
        parse_rate(text)


async def test_clients_and_zones_are_counted_apart() -> None:
    quotas = dict.fromkeys(Zone, Quota(SECOND, 1))
    limiter = RateLimiter(quotas, Cache(None), LocalCounts(clock=lambda: NOW))

    async def allowed(zone: Zone, client: str) -> bool:
        verdict = await limiter.charge(zone, client)
        return verdict is not None and verdict.allowed

    assert await allowed(Zone.API, "192.0.2.1")
    assert not await allowed(Zone.API, "192.0.2.1")
    assert await allowed(Zone.API, "192.0.2.2")
    assert await allowed(Zone.AUTH, "192.0.2.1")


async def test_a_zone_without_a_limit_counts_nothing() -> None:
    local = LocalCounts()
    limiter = RateLimiter({Zone.API: None}, Cache(None), local)

    assert await limiter.charge(Zone.API, "192.0.2.1") is None
    assert len(local) == 0


def test_ever_more_clients_take_no_more_memory() -> None:
    local = LocalCounts(clock=lambda: NOW, capacity=100)
    for number in range(1000):
        local.charge(f"client {number}", QUOTA)
        local.charge("regular", QUOTA)

    assert len(local) == 100
    assert local.charge("regular", QUOTA).allowed is False


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_of_ipv6_the_network_counts(address: str, client: str) -> None:
    assert of_address(address) == client
