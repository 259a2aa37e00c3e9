"""Password hashes: argon2id, on two threads that give way to the event loop."""

import asyncio
import os
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hastecrm.core.admission import Admission
from hastecrm.core.errors import OverloadedError

T = TypeVar("T")
# One of the settings that OWASP's Password Storage Cheat Sheet calls equal. RFC 9106's own begin at 64 MiB
# for each hash: two at once would more than double the memory of a process. Measured on a 2-core machine:
# 20 ms of CPU for a hash (64 MiB and 3 passes: 154 ms).
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
THREADS: Final = 2
WAITING: Final = 40  # hashes; together less than half a second of both threads
_NICENESS: Final = 10


class Passwords:
    """Makes and checks hashes; raises `OverloadedError` when more wait than would be served in time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(THREADS, "passwords", initializer=_give_way)
        self._free = asyncio.Semaphore(THREADS)
        self.admission = Admission(THREADS, WAITING)
        self._nobodys = _decoy()

    async def hash(self, password: str) -> str:
        """Return a new hash of a password."""
        return await self._run(lambda: self._hasher.hash(normalised(password)))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; without a hash it takes as long and is false."""
        if hashed is None:
            await self._run(lambda: self._verify(self._nobodys, password))
            return False
        return await self._run(lambda: self._verify(hashed, password))

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        with suppress(InvalidHashError):
            return self._hasher.check_needs_rehash(hashed)
        return True

    async def close(self) -> None:
        """Let the threads end; what still waits is not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, hashed: str, password: str) -> bool:
        with suppress(VerificationError, InvalidHashError):
            return self._hasher.verify(hashed, normalised(password))
        return False

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            self.admission.enter()
        except OverloadedError as exc:
            raise OverloadedError("Too many people sign in at this moment; try again shortly.") from exc
        try:
            async with self._free:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self.admission.leave()


def normalised(password: str) -> str:
    """Return the password in one form, however the keyboard composed its letters (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def _decoy() -> str:
    # Well-formed, of today's cost, and nobody's: checking against it takes as long as against a real one.
    salt, outcome = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${outcome}"


def _give_way() -> None:
    # On Linux a thread has a priority of its own: answers to others come before hashes.
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
