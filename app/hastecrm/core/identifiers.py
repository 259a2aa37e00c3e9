"""Identifiers that sort by the time they were made, so that B-tree indexes grow at one end."""

import os
import time
from uuid import UUID


def uuid7(unix_ms: int | None = None, entropy: bytes | None = None) -> UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    tail = int.from_bytes(entropy or os.urandom(10), "big")
    high, low = tail >> 62, tail & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low)
