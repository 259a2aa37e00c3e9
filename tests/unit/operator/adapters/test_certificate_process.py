"""Certificates come from a process of their own, which is there only while it is needed."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hastecrm_operator.adapters.certificates import CertificateProcess

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def maker() -> AsyncIterator[CertificateProcess]:
    async with CertificateProcess() as made:
        yield made


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(5):
        return await process.wait()


async def test_one_process_makes_many_and_never_mixes_them_up(maker: CertificateProcess):
    first = await maker.issue({}, ["acme"], NOW)
    process = maker._process
    others = [maker.issue(first.files, [f"acme-{i}"], NOW) for i in range(5)]

    made = await asyncio.gather(*others)

    assert {each.files["ca.crt"] for each in made} == {first.files["ca.crt"]}
    assert len({each.files["tls.crt"] for each in made}) == 5
    assert made[0].renew_after.tzinfo == UTC
    assert maker._process is process


async def test_it_ends_when_nobody_needs_it():
    async with CertificateProcess(idle=0.05) as maker:
        await maker.issue({}, ["acme"], NOW)
        process = maker._process

        assert await ended(process) == -signal.SIGKILL
        assert (await maker.issue({}, ["acme"], NOW)).files


async def test_one_that_was_killed_is_started_anew(maker: CertificateProcess):
    await maker.issue({}, ["acme"], NOW)
    maker._process.kill()
    await ended(maker._process)

    assert (await maker.issue({}, ["acme"], NOW)).files


async def test_one_that_dies_at_work_is_told(maker: CertificateProcess):
    with pytest.raises(ConnectionResetError):
        await maker.issue({}, [], NOW)  # no name: no certificate

    assert (await maker.issue({}, ["acme"], NOW)).files


async def test_an_answer_that_nobody_waits_for_is_not_given_to_the_next(maker: CertificateProcess):
    first = await maker.issue({}, ["first"], NOW)
    impatient = asyncio.create_task(maker.issue({}, ["impatient"], NOW))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)

    assert (await maker.issue(first.files, ["next"], NOW)).files["ca.crt"] == first.files["ca.crt"]
