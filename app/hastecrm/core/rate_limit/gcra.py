"""The generic cell rate algorithm, twice: as a pure function and as a script that runs inside Redis.

A client has one number, when all that it has sent is paid for; each request adds its price to it. Numbers are
whole microseconds, so both count exactly alike (Lua's numbers are exact up to 2**53, which is the year 2255).
"""

from dataclasses import dataclass
from typing import Final

from hastecrm.core.settings.traffic import Rate

SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Quota:
    """What a client may send: one request each `interval` microseconds, and `burst` of them at once."""

    interval: int
    burst: int

    @classmethod
    def of(cls, rate: Rate, burst: int) -> "Quota | None":
        """Return the quota of a setting; None where it says `off`."""
        if not rate.requests:
            return None
        return cls(max(1, rate.seconds * SECOND // rate.requests), burst)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left; times are in microseconds."""

    allowed: bool
    remaining: int  # requests that may follow at once
    retry_after: int  # until a request would pass again
    reset_after: int  # until the whole burst is there again


def decide(quota: Quota, paid_until: int, now: int) -> tuple[Verdict, int]:
    """Return the verdict on one request and the client's new number; a client not seen before has 0."""
    window = quota.interval * quota.burst
    # More than a window ahead means that the clock went back or the quota shrank: begin again.
    start = paid_until if now < paid_until <= now + window else now
    after = start + quota.interval
    room = window - (after - now)
    if room < 0:
        return Verdict(allowed=False, remaining=0, retry_after=-room, reset_after=start - now), paid_until
    return Verdict(True, room // quota.interval, 0, after - now), after


# KEYS[1]: the client; ARGV: interval, burst, and the time (tests only; Redis has a clock that all share).
# Expires a second after it has lost its meaning. A refused request writes nothing.
SCRIPT: Final = """
local interval, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local window = interval * burst
local start = tonumber(redis.call('GET', KEYS[1])) or 0
if start < now or start > now + window then
  start = now
end
local after = start + interval
local room = window - (after - now)
if room < 0 then
  return {0, 0, -room, start - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1000)
return {1, math.floor(room / interval), 0, after - now}
"""


def verdict_of(reply: list[int]) -> Verdict:
    """Read what the script returned."""
    allowed, remaining, retry_after, reset_after = reply
    return Verdict(bool(allowed), remaining, retry_after, reset_after)
