"""Dumps in a bucket of a real S3 server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.integration.dumps.conftest import undone
from tests.integration.dumps.running import NAME, backup, left_in
from tests.integration.dumps.s3_server import BUCKET, S3Server
from tests.integration.servers import free_port
from tests.integration.tcp_proxy import proxied

from hastecrm.core.settings import Settings
from hastecrm.dumps import s3 as s3_module
from hastecrm.dumps import s3_retries
from hastecrm.dumps.errors import (
    BucketMissingError,
    DestinationDeniedError,
    DestinationUnreachableError,
    DumpError,
    DumpMissingError,
    TLSFailedError,
)
from hastecrm.dumps.s3 import Bucket, bucket_of

MIB = 1 << 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_retries, "PAUSES", (0.05, 0.1, 0.2))


def opened(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], **changes: str
) -> AbstractAsyncContextManager[Bucket]:
    settings = {
        **environment,
        **{f"HASTECRM_BACKUP_S3_{name.upper()}": value for name, value in changes.items()},
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return bucket_of(Settings.readable())


async def pieces(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * MIB


async def content_of(bucket: Bucket, key: str) -> bytes:
    async with bucket.get(key) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("mebibytes", [0, 1, 7, 8, 9, 16, 30])
async def test_what_was_stored_is_read(monkeypatch: pytest.MonkeyPatch, s3: S3Server, mebibytes: int):
    async with opened(monkeypatch, s3.environment()) as bucket:
        size = await bucket.put("folder/one", pieces(mebibytes))

        content = await content_of(bucket, "folder/one")
        assert size == len(content) == mebibytes * MIB
        assert content == b"".join([piece async for piece in pieces(mebibytes)])
        assert [(each.key, each.bytes) for each in await bucket.entries("folder")] == [("folder/one", size)]


async def test_only_the_folder_is_listed_in_full(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    folder = s3.root / BUCKET / "backups" / "folder"
    folder.mkdir(parents=True)
    for number in range(1100):
        (folder / f"{number}.json").write_bytes(b"{}")
    (folder.parent / "folder-of-another").mkdir()
    (folder.parent / "folder-of-another" / "x").write_bytes(b"")

    async with opened(monkeypatch, s3.environment()) as bucket:
        entries = await bucket.entries("folder")

    assert {each.key for each in entries} == {f"folder/{number}.json" for number in range(1100)}
    assert datetime.now(UTC) - entries[0].modified < timedelta(minutes=5)


async def test_a_deleted_object_may_be_deleted_again(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async with opened(monkeypatch, s3.environment()) as bucket:
        await bucket.put("folder/one", pieces(1))
        await bucket.delete("folder/one")
        await bucket.delete("folder/one")

        assert await bucket.entries("folder") == []
        with pytest.raises(DumpMissingError):
            await content_of(bucket, "folder/one")


async def test_an_upload_whose_source_breaks_leaves_nothing(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async def broken() -> AsyncIterator[bytes]:
        async for piece in pieces(30):
            yield piece
        raise DumpError("pg_dump was ended by signal 9")

    async with opened(monkeypatch, s3.environment()) as bucket:
        with pytest.raises(DumpError, match="signal 9"):
            await bucket.put("folder/one", broken())

    assert left_in(s3.root) == []


async def test_a_cancelled_upload_leaves_nothing(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        async for piece in pieces(30):
            yield piece
        begun.set()
        await asyncio.sleep(60)

    async with opened(monkeypatch, s3.environment()) as bucket:
        task = asyncio.create_task(bucket.put("folder/one", endless()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert left_in(s3.root) == []


async def test_connections_that_are_cut_are_tried_again(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async with proxied(s3.port) as proxy, opened(monkeypatch, s3.environment(proxy.port)) as bucket:

        async def disturbed() -> AsyncIterator[bytes]:
            async for piece in pieces(40):
                proxy.cut()
                yield piece

        assert await bucket.put("folder/one", disturbed()) == 40 * MIB
        assert await content_of(bucket, "folder/one") == b"".join([piece async for piece in pieces(40)])


async def test_a_download_goes_on_where_it_was_cut(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async with proxied(s3.port) as proxy, opened(monkeypatch, s3.environment(proxy.port)) as bucket:
        await bucket.put("folder/one", pieces(40))
        content = b""
        async with bucket.get("folder/one") as chunks:
            async for chunk in chunks:
                content += chunk
                if len(content) % (10 * MIB) < len(chunk):
                    proxy.cut()

    assert content == b"".join([piece async for piece in pieces(40)])


async def test_a_download_of_a_store_that_goes_away_fails(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async with proxied(s3.port) as proxy, opened(monkeypatch, s3.environment(proxy.port)) as bucket:
        await bucket.put("folder/one", pieces(40))
        async with bucket.get("folder/one") as chunks:
            await anext(chunks)
            await proxy.become("refuse")
            with pytest.raises(DestinationUnreachableError):
                [chunk async for chunk in chunks]


async def test_a_store_that_says_nothing_is_unreachable(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    monkeypatch.setattr(s3_module, "_TIMEOUT", aiohttp.ClientTimeout(total=None, sock_read=0.2))
    async with proxied(s3.port) as proxy, opened(monkeypatch, s3.environment(proxy.port)) as bucket:
        await proxy.become("swallow")

        with pytest.raises(DestinationUnreachableError, match="does not answer"):
            await bucket.entries("folder")


async def test_what_a_caller_gets_wrong_is_not_the_stores_fault(
    monkeypatch: pytest.MonkeyPatch, s3: S3Server
):
    async with opened(monkeypatch, s3.environment()) as bucket:
        await bucket.put("folder/one", pieces(1))

        with pytest.raises(BrokenPipeError):
            async with bucket.get("folder/one"):
                raise BrokenPipeError


async def test_a_store_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    asked: list[int] = []

    async def busy(request: web.Request) -> web.Response:
        asked.append(len(await request.read()))
        return web.Response(status=503 if len(asked) <= 2 else 200)

    app = web.Application(client_max_size=20 * MIB)
    app.router.add_route("*", "/{path:.*}", busy)
    async with TestServer(app) as server:
        settings = {"HASTECRM_BACKUP_S3_ENDPOINT": str(server.make_url("")), "HASTECRM_BACKUP_S3_BUCKET": "b"}
        async with opened(monkeypatch, settings, access_key_id="a", secret_access_key="b") as bucket:
            assert await bucket.put("folder/one", pieces(1)) == -1  # it does not say how much is there

    assert asked == [MIB, MIB, MIB, 0]


def test_parts_are_as_many_and_as_small_as_a_store_and_the_memory_allow():
    sizes = [s3_module.part_size(number) for number in range(10_000)]

    assert sizes == sorted(sizes)
    assert 5 * MIB <= sizes[0] < sizes[-1] <= 17 * MIB
    assert sum(sizes) >= 120 << 30
    with pytest.raises(DumpError, match="122 GiB"):
        s3_module.part_size(10_000)


async def test_a_store_that_stays_away_is_unreachable(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async def deserted() -> AsyncIterator[bytes]:
        async for piece in pieces(20):
            yield piece
        await proxy.become("refuse")
        async for piece in pieces(20):
            yield piece

    async with proxied(s3.port) as proxy, opened(monkeypatch, s3.environment(proxy.port)) as bucket:
        with pytest.raises(DestinationUnreachableError, match="does not answer"):
            await bucket.put("folder/one", deserted())


async def test_what_a_dead_run_left_is_swept(monkeypatch: pytest.MonkeyPatch, s3: S3Server):
    async with opened(monkeypatch, s3.environment()) as bucket:
        monkeypatch.setattr(s3_module.MultipartUploader, "abort", lambda _self: asyncio.sleep(0))

        async def dying() -> AsyncIterator[bytes]:
            async for piece in pieces(20):
                yield piece
            raise DumpError("died")

        with pytest.raises(DumpError):
            await bucket.put("folder/one", dying())

        assert await bucket.sweep("folder-of-another") == []
        assert await bucket.sweep("folder") == ["folder/one"]
        assert await bucket.sweep("folder") == []


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"bucket": "nowhere"}, BucketMissingError, "no such bucket"),
        ({"secret_access_key": "wrong"}, DestinationDeniedError, "SignatureDoesNotMatch"),
        ({"access_key_id": "nobody"}, DestinationDeniedError, "ACCESS_KEY_ID"),
        ({"endpoint": f"http://127.0.0.1:{free_port()}"}, DestinationUnreachableError, "_S3_ENDPOINT"),
        ({"endpoint": "http://nowhere.invalid"}, DestinationUnreachableError, "nowhere.invalid"),
    ],
    ids=["no bucket", "wrong secret", "wrong key", "no server", "no such name"],
)
async def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, s3: S3Server, changes: dict[str, str], error: type[DumpError], told: str
):
    async with opened(monkeypatch, s3.environment(), **changes) as bucket:
        for attempt in (bucket.entries("folder"), bucket.put("folder/one", pieces(20))):
            with pytest.raises(error, match=told):
                await attempt


async def test_tls_needs_the_authority(monkeypatch: pytest.MonkeyPatch, s3_tls: tuple[S3Server, Path]):
    server, authority = s3_tls

    async with opened(monkeypatch, server.environment()) as bucket:
        with pytest.raises(TLSFailedError, match="HASTECRM_BACKUP_S3_CA_FILE"):
            await bucket.entries("folder")
    async with opened(monkeypatch, server.environment(), ca_file=str(authority)) as bucket:
        assert await bucket.put("folder/one", pieces(20)) == 20 * MIB
        assert len(await content_of(bucket, "folder/one")) == 20 * MIB


async def test_a_run_dumps_to_the_bucket_encrypted(
    bucket: dict[str, str], own_sql: Any, contacts: int, s3: S3Server, key: Path
):
    ended = backup({**bucket, "HASTECRM_BACKUP_KEY_FILE": str(key)})

    assert ended.code == 0, ended.errors
    folder = s3.root / BUCKET / "backups/sales-acme"
    assert json.loads((folder / f"{NAME}.json").read_bytes())["tables"]["contacts"] == contacts
    text = undone(folder / f"{NAME}.dump.zst.age", key, "--data-only", "--table=contacts", "--file=-")
    assert text.count("@example.com") == contacts


async def test_a_bucket_that_is_missing_is_said_in_the_report(bucket: dict[str, str], own_sql: Any):
    ended = backup({**bucket, "HASTECRM_BACKUP_S3_BUCKET": "nowhere"})

    assert ended.code == 65
    assert ended.report["reason"] == "BucketMissing"
    assert "HASTECRM_BACKUP_S3_BUCKET" in ended.report["error"]
