"""Lines go out from a thread: a slow or stopped reader of standard output never stops the event loop."""

import atexit
import io
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hastecrm.core.encoding import to_json_line

CAPACITY: Final = 10_000  # lines
CAPACITY_BYTES: Final = 8 * 1024 * 1024
# One write for all lines of this long: a thread that wakes for each line costs more than the line does.
GATHER: Final = 0.02
_CLOSE_SECONDS = 2.0


class LineWriter:
    """Takes lines without ever waiting; those that do not fit are counted, and the reader is told of them."""

    def __init__(self, out: Any = None, capacity: int = CAPACITY) -> None:
        self.dropped = 0
        self.context: Mapping[str, str] = {}  # members that every line has
        self._out = out if out is not None else _standard_output()
        self._capacity = capacity
        self._lines: deque[bytes] = deque()
        self._taken = self._written = 0  # bytes; each is changed by one side only
        self._gone = False
        self._work, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def msg(self, line: bytes) -> None:
        """Take one line; when the reader is too slow, count it as dropped instead of waiting."""
        if self._gone or len(self._lines) >= self._capacity or self._waiting > CAPACITY_BYTES:
            self.dropped += 1
            return
        self._taken += len(line)
        self._lines.append(line)
        if not self._work.is_set():
            self._work.set()

    debug = info = warning = warn = error = critical = exception = fatal = log = msg

    def close(self) -> None:
        """Write what is left, for a moment at most; later lines are lost."""
        atexit.unregister(self.close)
        self._closing.set()
        self._work.set()
        self._thread.join(timeout=_CLOSE_SECONDS)
        self._gone = True

    @property
    def _waiting(self) -> int:
        return self._taken - self._written

    def _run(self) -> None:
        told = 0
        while True:
            self._work.wait()
            closing = self._closing.wait(GATHER)
            self._work.clear()
            if (lost := self.dropped - told) > 0:
                told += lost
                self._lines.append(self._lost(lost))
            try:
                self._write_all()
            except (OSError, ValueError):  # the reader is gone: there is nobody left to tell
                self._gone = True
            if self._gone or (closing and not self._lines):
                return

    def _write_all(self) -> None:
        while count := min(len(self._lines), 1_000):
            lines = [self._lines.popleft() for _ in range(count)]
            self._write(b"\n".join(lines) + b"\n")
            self._written += sum(map(len, lines))

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            # None: standard output was made non-blocking by someone it is shared with, and is full.
            if (written := self._out.write(left)) is None:
                time.sleep(GATHER)
            else:
                left = left[written:]

    def _lost(self, lines: int) -> bytes:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        event = {"time": now, "level": "error", "event": "log lines dropped", "lines": lines}
        return to_json_line({**event, **self.context})


def _standard_output() -> Any:
    # Not Python's buffered writer: its lock, held by a thread that waits for a stopped reader, would make the
    # interpreter abort at its end.
    raw = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
    return raw if isinstance(raw, io.RawIOBase) else sys.stdout.buffer
