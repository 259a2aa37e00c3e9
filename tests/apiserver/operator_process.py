"""The operator as a process that tests can kill."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp

AGENT = "hastecrm-operator"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OperatorProcess:
    """One `hastecrm-operator` on loopback; several may run at once."""

    def __init__(self, kubeconfig: str, namespace: str, log: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = log
        self._process: asyncio.subprocess.Process | None = None
        self._environment = {
            "HASTECRM_OPERATOR_KUBECONFIG": kubeconfig,
            "HASTECRM_OPERATOR_NAMESPACES": namespace,
            "HASTECRM_OPERATOR_NAMESPACE": namespace,
            "HASTECRM_OPERATOR_IMAGE_REPOSITORY": "localhost/hastecrm",
            "HASTECRM_OPERATOR_HOST": "127.0.0.1",
            "HASTECRM_OPERATOR_PORT": str(self.port),
            "HASTECRM_OPERATOR_IDENTITY": f"test-{self.port}",  # as in a pod: a restart is the same candidate
            **settings,
        }

    async def start(self, *, until_ready: bool = True) -> None:
        """Start it and, unless told otherwise, wait until its informers have listed everything."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hastecrm_operator",
                env=os.environ | self._environment,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(30):
            while until_ready and await self._status("/readyz") != 200:
                assert self._process.returncode is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    async def metrics(self) -> str:
        """Return the exposition of its metrics."""
        async with aiohttp.ClientSession() as session, session.get(self._url("/metrics")) as answer:
            return await answer.text()

    async def reconciles(self) -> float:
        """Return how many reconciles it has finished."""
        counts = "hastecrm_operator_reconcile_seconds_count"
        lines = (await self.metrics()).splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(counts))

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(20):
            return await self._process.wait()

    async def _status(self, path: str) -> int:
        try:
            async with aiohttp.ClientSession() as session, session.get(self._url(path)) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"
