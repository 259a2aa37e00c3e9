"""Makes certificates in a process of its own, which ends when nobody needs it: the library takes 11 MiB.

One question a line goes in, one answer a line comes out; keys travel through pipes only.
"""

import asyncio
import base64
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Self

import orjson

from hastecrm_operator.engine.issuing import Certificates

_IDLE = 30.0  # seconds
_PATIENCE = 30.0


class CertificateProcess:
    """Starts the process with the first certificate, and ends it some time after the last one."""

    def __init__(self, idle: float = _IDLE) -> None:
        self._idle = idle
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._end: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._end:
            self._end.cancel()
        if process := self._stop():
            await process.wait()

    async def issue(self, existing: Mapping[str, bytes], names: Sequence[str], now: datetime) -> Certificates:
        """Return a new certificate for a server of these DNS names; raises OSError if the process fails.

        It is signed by the authority in `existing` (ca.crt, ca.key) if that is usable, else by a new one.
        """
        question = {"existing": _packed(existing), "names": list(names), "now": now}
        async with self._turn:
            answer = orjson.loads(await self._ask(orjson.dumps(question) + b"\n"))
        return Certificates(_unpacked(answer["files"]), datetime.fromisoformat(answer["renew_after"]))

    async def _ask(self, question: bytes) -> bytes:
        if self._end:
            self._end.cancel()
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await _exchange(await self._running(), question)
        except BaseException:
            self._stop()  # What it still says would be taken for the answer to the next question.
            raise
        self._end = asyncio.get_running_loop().call_later(self._idle, self._stop)
        return answer

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            command = (sys.executable, "-m", __name__)
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        return self._process

    def _stop(self) -> Process | None:
        process, self._process = self._process, None
        if process and process.returncode is None:
            process.kill()
        return process


async def _exchange(process: Process, question: bytes) -> bytes:
    assert process.stdin, "it is a pipe"  # noqa: S101
    assert process.stdout, "it is a pipe"  # noqa: S101
    process.stdin.write(question)
    await process.stdin.drain()
    answer = await process.stdout.readline()
    if not answer:
        raise ConnectionResetError("the process that makes certificates has ended")
    return answer


def _answer(line: bytes) -> bytes:
    question = orjson.loads(line)
    issue = import_module("hastecrm_operator.adapters.x509").issue
    now = datetime.fromisoformat(question["now"])
    made: Certificates = issue(_unpacked(question["existing"]), question["names"], now)
    return orjson.dumps({"files": _packed(made.files), "renew_after": made.renew_after})


def _packed(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def _unpacked(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(content) for name, content in files.items()}


def main() -> None:
    """Answer the questions on standard input until it ends."""
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(_answer(line) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
