"""Restores on real pods: data comes and goes back, people hardly notice, a killed server loses nothing."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.e2e.conftest import Installation
from tests.e2e.test_backups import VOLUME, taken
from tests.e2e.test_lifecycle import until
from tests.e2e.test_product import add_contact, bearer, contacts
from tests.factories.requests import restore

pytestmark = pytest.mark.data


@dataclass(frozen=True)
class Dumped:
    """An installation with a contact, a dump of it, and another contact; `stamp` is in all their names."""

    crm: Installation
    stamp: str

    def make(self, word: str) -> str:
        """Ask for a restore of the dump and return its name."""
        source = {"backup": f"dump-{self.stamp}"}
        body = restore(f"{word}-{self.stamp}", spec={"hastecrm": self.crm.name, "source": source})
        del body["metadata"]["namespace"]
        self.crm.kubectl("create", "-f", "-", stdin=json.dumps(body))
        return f"{word}-{self.stamp}"

    def status(self, name: str) -> dict[str, Any]:
        return self.crm.json("get", "hcrs", name).get("status", {})

    def ended(self, name: str, *phases: str) -> dict[str, Any]:
        wanted = phases or ("Complete", "Failed")
        until(lambda: self.status(name).get("phase") in wanted, f"{name} has not ended", 180)
        return self.status(name)

    async def emails(self) -> set[str]:
        """Return the first words of the addresses of the contacts of this test."""
        found = [contact["email"] or "" for contact in await contacts(self.crm)]
        return {email.split("-")[0] for email in found if self.stamp in email}


@pytest.fixture
async def dumped(crm: Installation) -> Dumped:
    crm.until_ready(crm.patch({"backup": VOLUME}))
    stamp = str(time.monotonic_ns())
    await add_contact(crm, f"dumped-{stamp}@example.com")
    assert taken(crm, f"dump-{stamp}")["phase"] == "Complete"
    await add_contact(crm, f"late-{stamp}@example.com")
    return Dumped(crm, stamp)


async def longest_outage(crm: Installation, until_done: asyncio.Event) -> float:
    """Return the longest time between two good answers, asking all the time."""
    last, longest = time.monotonic(), 0.0
    with crm.forwarded(f"svc/{crm.name}-api", 8000) as url:
        async with aiohttp.ClientSession(headers=bearer(crm)) as session:
            while not until_done.is_set():
                answer = await session.get(f"{url}/api/v1/contacts?limit=1")
                now = time.monotonic()
                if answer.status == 200:
                    longest, last = max(longest, now - last), now
                await asyncio.sleep(0.02)
    return max(longest, time.monotonic() - last)


async def test_data_comes_back_and_goes_back_while_people_hardly_notice(dumped: Dumped):
    done = asyncio.Event()
    asking = asyncio.create_task(longest_outage(dumped.crm, done))
    await asyncio.sleep(1)
    name = dumped.make("back")

    restored = await asyncio.to_thread(dumped.ended, name)
    done.set()

    assert restored["phase"] == "Complete", restored
    assert await asking < 5
    assert await dumped.emails() == {"dumped"}
    dumped.crm.kubectl("patch", "hcrs", name, "--type=merge", "-p", '{"spec":{"undo":true}}')
    dumped.ended(name, "Undone")
    assert await dumped.emails() == {"dumped", "late"}
    dumped.crm.kubectl("delete", "hcrs", name, "--timeout=60s")
    assert dumped.crm.until_ready()["phase"] == "Ready"


async def test_of_two_restores_beside_a_killed_server_both_end_and_the_data_is_whole(dumped: Dumped):
    first, second = dumped.make("first"), dumped.make("second")
    until(lambda: dumped.status(first).get("phase") == "Restoring", "the first has not begun", 60)
    server = f"{dumped.crm.name}-postgres-0"
    dumped.crm.kubectl("delete", "pod", server, "--force", "--grace-period=0")

    phases = [dumped.ended(name)["phase"] for name in (first, second)]

    assert "Complete" in phases, phases
    dumped.crm.until_ready(seconds=180)
    assert "dumped" in await dumped.emails()
    dumped.crm.kubectl("delete", "hcrs", first, second, "--timeout=120s")
