"""Runs a role of the CRM inside the test's own event loop, on real ports, as `hastecrm` would."""

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from unittest import mock

import aiohttp
from tests.integration.servers import free_port

from hastecrm.core.server import Process, Service
from hastecrm.core.settings import Settings

TOKEN = "integration-token-of-32-characters-or-more"
SECRET = "integration-key-of-32-characters-or-more--"
CONTACTS = "/api/v1/contacts"


@dataclass
class Running:
    """A role that runs: where it answers, and its inside for tests that must reach there."""

    url: str
    probes: str
    service: Service
    process: Process
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, **options: Any) -> "Answer":
        """Send a request with the access token and return the whole answer."""
        options.setdefault("headers", {})
        options["headers"] = {"Authorization": f"Bearer {TOKEN}", **options["headers"]}
        url = path if path.startswith("http") else self.url + path
        async with self.http.request(method, url, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read(), response)

    async def probe(self, path: str) -> "Answer":
        """Ask the internal port."""
        return await self.call("GET", self.probes + path)

    async def until(self, path: str, status: int, seconds: float = 10) -> "Answer":
        """Ask the internal port until it answers with this status."""
        async with asyncio.timeout(seconds):
            while (answer := await self.probe(path)).status != status:
                await asyncio.sleep(0.02)
        return answer


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    response: aiohttp.ClientResponse

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def settings_for(role: str, environment: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """Return the settings of a role on free ports, and the environment they came from."""
    ports = {"HASTECRM_APP_PORT": str(free_port()), "HASTECRM_PROBE_PORT": str(free_port())}
    basics = {
        "HASTECRM_ACCESS_TOKEN": TOKEN,
        "HASTECRM_SECRET_KEY": SECRET,
        "HASTECRM_LISTEN_HOST": "127.0.0.1",
        "HASTECRM_DRAIN_SECONDS": "0",
        "HASTECRM_CHECK_INTERVAL": "100ms",
        # Tests ask faster than people; those of the limits themselves say what they want.
        "HASTECRM_RATE_LIMIT_API": "off",
        "HASTECRM_RATE_LIMIT_AUTH": "off",
    }
    everything = {
        "HASTECRM_DRAIN_SECONDS": "0",
        "HASTECRM_CHECK_INTERVAL": "100ms",
        **basics,
        **ports,
        **environment,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HASTECRM_")}
    with mock.patch.dict(os.environ, {**clean, **everything}, clear=True):
        return Settings.load(role), everything


async def _started(
    role: str, environment: Mapping[str, str], change: Callable[[Service], None]
) -> tuple[Settings, Service, Process]:
    # Between the look for a free port and its use, another test run on this machine may take it.
    for left in range(4, -1, -1):
        settings, _ = settings_for(role, environment)
        service: Service = await import_module(f"hastecrm.main.{role}").build(settings)
        change(service)
        process = Process(service)
        try:
            await process.start()
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE or left == 0:
                raise
        else:
            break
    return settings, service, process


@asynccontextmanager
async def running(
    role: str,
    environment: Mapping[str, str],
    *,
    ready: bool = True,
    change: Callable[[Service], None] = lambda _: None,
) -> AsyncIterator[Running]:
    """Run a role, changed a little if need be; wait until it is ready, unless told not to."""
    settings, service, process = await _started(role, environment, change)
    url, probes = f"http://127.0.0.1:{settings.app_port}", f"http://127.0.0.1:{settings.probe_port}"
    # Every request gets a connection of its own, so that what is measured is the server's behaviour.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        program = Running(url, probes, service, process, http)
        try:
            if ready:
                await program.until("/health/ready", 200)
            yield program
        finally:
            await process.stop()
