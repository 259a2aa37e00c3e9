"""What the processes tell each other through Redis, one round trip each; None wherever Redis is away."""

from dataclasses import dataclass
from typing import Final

from hastecrm.core.cache import Cache

# Keep the version only if nobody has said anything since it was looked for.
_SETTLE: Final = """
local now = redis.call('GET', KEYS[1]) or ''
if now == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
"""
# An answer of this version, or the right to make it, or nothing: another process makes it.
_CLAIM: Final = """
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, #ARGV[1]) == ARGV[1] then return kept end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return 1 end
return 0
"""
_KEEP: Final = """
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Redis says of a workspace's version and of one answer."""

    version: str | None
    entry: str | None


class Shared:
    """The words of the response cache, on top of the cache and its breaker."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    @property
    def in_use(self) -> bool:
        """Whether there is a Redis at all."""
        return self._cache.configured

    async def look(self, version_key: str, entry_key: str) -> Seen | None:
        """Return what is known."""
        found = await self._cache.attempt(lambda store: store.get_many([version_key, entry_key]))
        return Seen(*found) if found is not None else None

    def tell(self, *, found: bool) -> None:
        """Count a look for an answer, for the share of hits among all that is cached."""
        self._cache.tell(found=found)

    async def settle(self, key: str, seen: str | None, version: str, seconds: float) -> None:
        """Publish a version, unless something else was published since `seen`."""
        arguments = [seen or "", version, str(int(seconds * 1000))]
        await self._cache.attempt(lambda store: store.evaluate(_SETTLE, [key], arguments))

    async def unsettle(self, key: str, word: str, seconds: float) -> bool:
        """Make everybody ask PostgreSQL for the version; return whether they were told."""
        arguments = [word, str(int(seconds * 1000))]
        told = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])"
        return await self._cache.attempt(lambda store: store.evaluate(told, [key], arguments)) is not None

    async def claim(self, entry_key: str, version: str, who: str, seconds: float) -> str | bool | None:
        """Return the answer if it is there; otherwise whether the caller may make it."""
        keys, arguments = [entry_key, _lock(entry_key)], [f"{version}\n", who, str(int(seconds * 1000))]
        got = await self._cache.attempt(lambda store: store.evaluate(_CLAIM, keys, arguments))
        return got if isinstance(got, str) or got is None else bool(got)

    async def keep(self, entry_key: str, text: str, who: str, seconds: int) -> None:
        """Keep an answer and give the right to make it back."""
        keys, arguments = [entry_key, _lock(entry_key)], [who, text, str(seconds)]
        await self._cache.attempt(lambda store: store.evaluate(_KEEP, keys, arguments))

    async def release(self, entry_key: str, who: str) -> None:
        """Give the right to make an answer back."""
        await self._cache.attempt(lambda store: store.evaluate(_RELEASE, [_lock(entry_key)], [who]))


def _lock(entry_key: str) -> str:
    return f"{entry_key}:lock"
