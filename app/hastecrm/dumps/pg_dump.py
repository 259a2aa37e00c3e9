"""pg_dump as a stream: its end is only the end if the program says so."""

import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from hastecrm.dumps.destination import CHUNK
from hastecrm.dumps.errors import DatabaseUnreachableError, DumpError

_PIPE_BYTES = 1 << 20
_REMEMBERED_LINES = 20
_LOST = (
    "could not connect",
    "connection to server",
    "server closed the connection",
    "terminating connection",
)


class PgDump:
    """A running pg_dump that shows the snapshot of another connection; `read` blocks."""

    def __init__(self, program: Path, environment: Mapping[str, str], snapshot: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own words only
            [
                program,
                "--format=custom",
                "--compress=0",  # the next step compresses: faster, and in parallel
                "--enable-row-security",  # the role is subject to it, and the scope `system` sees all
                "--no-password",
                "--lock-wait-timeout=60s",
                f"--snapshot={snapshot}",
            ],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=_PIPE_BYTES,
            bufsize=0,
        )
        self._lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.bytes = 0
        self.failure: DumpError | None = None  # what ended it, for those who only hear that something did

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def read(self, size: int = CHUNK, /) -> bytes:
        """Read; at the end raise `DumpError` unless pg_dump succeeded."""
        assert self._process.stdout is not None  # noqa: S101
        chunk = self._process.stdout.read(size)
        self.bytes += len(chunk)
        if not chunk:
            self._judge(self._process.wait())
        return chunk

    def stop(self) -> None:
        """End it if it still runs; whoever reads then gets the error that it was ended."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let go of the pipes."""
        self.stop()
        self._listener.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None  # noqa: S101
            pipe.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101
        for line in self._process.stderr:
            self._lines.append(line.decode(errors="replace").rstrip())

    def _judge(self, code: int) -> None:
        if code == 0:
            return
        self._listener.join()
        said = " ".join(line.removeprefix("pg_dump: ") for line in self._lines if line)
        how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
        text = f"pg_dump {how}: {said}" if said else f"pg_dump {how}"
        kind = DatabaseUnreachableError if any(each in said for each in _LOST) else DumpError
        self.failure = kind(text)
        raise self.failure
