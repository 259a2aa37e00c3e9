"""What was asked of the API server and by whom, read from its own audit log."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from .plane import USER

_READS = {"get", "list", "watch"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the operator."""

    verb: str
    resource: str  # with its subresource: "hastecrms/status"

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.verb not in _READS


Counts = Counter[Asked]


class Mark(NamedTuple):
    """A place in the log."""

    inode: int
    size: int


class AuditLog:
    """Reads the log on from where it was read before, across one rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb")
        self._rest = b""

    def mark(self) -> Mark:
        """Return where the log ends now, without reading it."""
        found = self._path.stat()
        return Mark(found.st_ino, found.st_size)

    def skip(self) -> None:
        """Leave out everything so far."""
        for _ in self._lines(self.mark()):
            pass

    def asked(self, until: Mark | None = None) -> Counts:
        """Count what the operator has asked since the last look and until a mark, without its Lease."""
        counts: Counts = Counter()
        for line in self._lines(until or self.mark()):
            event = orjson.loads(line)
            if event["user"]["username"] == USER and _is_counted(event):
                counts[_asked(event)] += 1
        return counts

    def _lines(self, until: Mark) -> Iterator[bytes]:
        if os.fstat(self._file.fileno()).st_ino != until.inode:
            yield from self._read(sys.maxsize)  # what was written before the log was rotated
            self._file.close()
            self._file = self._path.open("rb")
        yield from self._read(until.size)

    def _read(self, end: int) -> Iterator[bytes]:
        while chunk := self._file.read(min(1 << 20, max(0, end - self._file.tell()))):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            yield from lines


def total(counts: Counts, wanted: Callable[[Asked], bool]) -> int:
    """Return how many of the requests are wanted."""
    return sum(number for asked, number in counts.items() if wanted(asked))


def writes(counts: Counts) -> int:
    """Return how many requests may have changed something."""
    return total(counts, lambda asked: asked.is_write)


def besides_watches(counts: Counts) -> int:
    """Return how many requests were no watches."""
    return total(counts, lambda asked: asked.verb != "watch")


def status_writes(counts: Counts) -> int:
    """Return how many requests wrote the status of an object."""
    return total(counts, lambda asked: asked.is_write and asked.resource == "hastecrms/status")


def _is_counted(event: dict[str, Any]) -> bool:
    # A watch is in the log when it begins and when it ends: it counts when it begins.
    stage = "ResponseStarted" if event["verb"] == "watch" else "ResponseComplete"
    return bool(event["stage"] == stage and event.get("objectRef", {}).get("resource") != "leases")


def _asked(event: dict[str, Any]) -> Asked:
    reference = event.get("objectRef", {})
    parts = [reference.get("resource", event["requestURI"]), reference.get("subresource", "")]
    return Asked(event["verb"], "/".join(part for part in parts if part))


def listed(counts: Counts) -> str:
    """Return what was asked beside watches, most frequent first, as a few words."""
    found = [f"{number} {a.verb} {a.resource}" for a, number in counts.most_common() if a.verb != "watch"]
    return ", ".join(found[:6]) or "nothing but watches"
