"""`hastecrm` roles as real processes, for what only they can show: signals, exit codes, sudden death."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from tests.integration.application import SECRET, TOKEN
from tests.integration.servers import free_port

_PROGRAM = "import sys; from hastecrm.main import main; sys.exit(main())"


class RoleProcess:
    """One role in a process of its own, with its logs."""

    def __init__(self, role: str, environment: Mapping[str, str]) -> None:
        self._role = role
        port, probes = free_port(), free_port()
        self.url, self.probes = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{probes}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HASTECRM_")}
        self._environment = {
            **clean,
            "HASTECRM_ACCESS_TOKEN": TOKEN,
            "HASTECRM_SECRET_KEY": SECRET,
            "HASTECRM_CONFIG_CHECK": "warn",  # the secrets above are no secrets
            "HASTECRM_LISTEN_HOST": "127.0.0.1",
            "HASTECRM_RATE_LIMIT_API": "off",
            "HASTECRM_RATE_LIMIT_AUTH": "off",
            "HASTECRM_APP_PORT": str(port),
            "HASTECRM_PROBE_PORT": str(probes),
            **environment,
        }
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[bytes] | None = None
        self.code: int | None = None

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, self._role, env=self._environment, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        # Read all the time: a process whose pipe is full would wait for us instead of serving.
        self._reading = asyncio.create_task(self._process.stdout.read())
        async with asyncio.timeout(20):
            while await self.probe("/health/ready") != 200:
                await asyncio.sleep(0.03)

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self, seconds: float = 20) -> list[dict[str, Any]]:
        """Wait for the end; return what was logged."""
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(seconds):
            self.code = await self._process.wait()
            output = await self._reading
        return [json.loads(line) for line in output.splitlines()]

    async def destroy(self) -> None:
        """End it for certain."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._reading is not None:
            await self.ended()

    async def probe(self, path: str) -> int:
        """Return what the internal port answers; 0 for nothing at all."""
        try:
            async with aiohttp.ClientSession() as http, http.get(self.probes + path) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


@asynccontextmanager
async def role_process(role: str, environment: Mapping[str, str]) -> AsyncIterator[RoleProcess]:
    """Run a role as a process until the block ends; SIGTERM is left to the block."""
    process = RoleProcess(role, environment)
    try:
        await process.start()
        yield process
    finally:
        await process.destroy()


@asynccontextmanager
async def role_processes(
    role: str, environment: Mapping[str, str], number: int
) -> AsyncIterator[list[RoleProcess]]:
    """Run several processes of a role, as a Deployment does."""
    processes = [RoleProcess(role, environment) for _ in range(number)]
    try:
        await asyncio.gather(*(process.start() for process in processes))
        yield processes
    finally:
        for process in processes:
            await process.destroy()


async def terminate(process: RoleProcess, seconds: float = 20) -> list[dict[str, Any]]:
    """Ask the process to leave, as Kubernetes does; return what it logged."""
    process.signal(signal.SIGTERM)
    return await process.ended(seconds)
