"""A bucket of an S3-compatible store as the place for dumps.

Uploads go in parts, so memory is bounded; each is signed with its checksum and tried again. They grow with
their number, since a store takes 10,000 of them: 122 GiB fit, compressed.
"""

import asyncio
import hashlib
import io
import ssl
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import aiohttp
from aiohttp_s3_client import S3Client
from aiohttp_s3_client.client import MultipartUploader

from hastecrm.core.footprint import return_large_blocks
from hastecrm.core.settings import Settings
from hastecrm.dumps.destination import CHUNK, Entry
from hastecrm.dumps.errors import DestinationFailedError, TLSFailedError
from hastecrm.dumps.s3_answers import checked, objects_of, told, uploads_of
from hastecrm.dumps.s3_retries import patience

_PART = 8 << 20  # bytes of the first parts; at least 5 MiB by the protocol
_GROWTH = 3 << 20
_PARTS_PER_SIZE = 2500
_MOST_PARTS = 10_000
_AT_ONCE = 2  # one travels while the next one fills
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)


class Bucket:
    """Keeps dumps in a bucket, below a prefix."""

    def __init__(self, client: S3Client, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    @property
    def address(self) -> str:
        """Where it is."""
        return f"{self._client.url}/{self._prefix}"

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> int:
        """Store all of it or nothing; see `Destination`."""
        path = self._prefix + key
        with told(self.address, key):
            parts = _parts(chunks)
            held = [await anext(parts, io.BytesIO())]
            if held[0].tell() < part_size(0):  # whole in one request: manifests
                await self._ask("PUT", path, data=held[0], **await _described(held[0]))
            else:
                await self._upload(path, _joined(held, parts))
            head = await self._ask("HEAD", path)
            return int(head.get("Content-Length", -1))

    async def _upload(self, path: str, parts: AsyncIterator[io.BytesIO]) -> None:
        uploader = MultipartUploader(self._client, path, max_retries=1)  # `patience` is better at it
        async with uploader:  # completes, or aborts whatever happens
            under_way: deque[asyncio.Task[None]] = deque()
            try:
                async for part in parts:
                    if len(under_way) == _AT_ONCE - 1:
                        await under_way.popleft()
                    sent = uploader.put_part(cast("Any", part), **await _described(part))
                    under_way.append(asyncio.create_task(sent))
                while under_way:
                    await under_way.popleft()
            finally:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    @asynccontextmanager
    async def get(self, key: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the content in chunks; see `Destination`."""
        async with AsyncExitStack() as stack:
            with told(self.address, key):
                response = await self._begun(stack, key)
            yield self._chunks(stack, response, key)

    async def _begun(self, stack: AsyncExitStack, key: str, **headers: str) -> aiohttp.ClientResponse:
        response = await stack.enter_async_context(self._client.get(self._prefix + key, headers=headers))
        await checked(response)
        return response

    async def _chunks(
        self, stack: AsyncExitStack, response: aiohttp.ClientResponse, key: str
    ) -> AsyncIterator[bytes]:
        """Go on where a connection broke, as long as each one brings something."""
        done, before = 0, -1
        version = response.headers.get("ETag", "*")
        with told(self.address, key):
            while True:
                try:
                    async for chunk in response.content.iter_chunked(CHUNK):
                        done += len(chunk)
                        yield chunk
                except (aiohttp.ClientError, TimeoutError, OSError):
                    if done == before:
                        raise
                else:
                    return
                before = done
                response.close()
                more = {"Range": f"bytes={done}-", "If-Match": version}
                response = await self._begun(stack, key, **more)

    async def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder; see `Destination`."""
        found: list[Entry] = []
        query = {"list-type": "2", "prefix": f"{self._prefix}{folder}/"}
        with told(self.address, folder):
            while True:
                page, token = objects_of(await self._read(query), self._prefix)
                found += page
                if token is None:
                    return found
                query["continuation-token"] = token

    async def delete(self, key: str) -> None:
        """Remove it; see `Destination`."""
        with told(self.address, key):
            await self._ask("DELETE", self._prefix + key)

    async def sweep(self, folder: str) -> list[str]:
        """Give up the uploads that nobody finishes; see `Destination`."""
        query = {"uploads": "", "prefix": f"{self._prefix}{folder}/"}
        with told(self.address, folder):
            unfinished = uploads_of(await self._read(query))
            for each in unfinished:
                await self._ask("DELETE", each.path, params={"uploadId": each.id})
        return [each.path.removeprefix(self._prefix) for each in unfinished]

    async def _read(self, query: dict[str, str]) -> bytes:
        async with self._client.request("GET", "", params=query) as response:
            await checked(response)
            return await response.read()

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        async with self._client.request(method, path, **options) as response:
            await checked(response)
            return response.headers


@asynccontextmanager
async def bucket_of(settings: Settings) -> AsyncIterator[Bucket]:
    """Reach the bucket that the settings name; nothing is asked of it yet."""
    return_large_blocks()  # parts would leave 20 MiB of holes
    key, secret = settings.backup_s3_access_key_id, settings.backup_s3_secret_access_key
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_trust(settings.backup_s3_ca_file)),
        timeout=_TIMEOUT,
        middlewares=(patience,),
        auto_decompress=False,
    ) as session:
        client = S3Client(
            session,
            f"{settings.backup_s3_endpoint}/{settings.backup_s3_bucket}",
            access_key_id=key.get_secret_value() if key else "",
            secret_access_key=secret.get_secret_value() if secret else "",
            region=settings.backup_s3_region,
        )
        prefix = settings.backup_s3_prefix.strip("/")
        yield Bucket(client, f"{prefix}/" if prefix else "")


def _trust(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise TLSFailedError(f"HASTECRM_BACKUP_S3_CA_FILE: {ca_file} holds no certificates (PEM)") from exc


async def _parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[io.BytesIO]:
    number, part = 0, io.BytesIO()
    async for chunk in chunks:
        part.write(chunk)
        if part.tell() >= part_size(number):
            yield part
            number, part = number + 1, io.BytesIO()
    if part.tell():
        yield part


def part_size(number: int) -> int:
    """Return the bytes of part `number`, from 0: 8, 11, 14, 17 MiB, each for a quarter of the parts."""
    if number >= _MOST_PARTS:
        raise DestinationFailedError("the dump exceeds 122 GiB, which is all that goes to S3: use a volume")
    return _PART + _GROWTH * (number // _PARTS_PER_SIZE)


async def _joined(held: list[io.BytesIO], rest: AsyncIterator[io.BytesIO]) -> AsyncIterator[io.BytesIO]:
    while held:
        yield held.pop()  # and let go of it: a part is large
    async for part in rest:
        yield part


async def _described(part: io.BytesIO) -> dict[str, Any]:
    """Return what a request says about its body, and go to the body's beginning."""
    part.seek(0)
    return {
        "data_length": part.getbuffer().nbytes,
        "content_sha256": await asyncio.to_thread(lambda: hashlib.sha256(part.getbuffer()).hexdigest()),
    }
