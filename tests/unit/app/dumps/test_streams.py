"""A dump on its way to the destination and back."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import DestinationFailedError, DumpDamagedError, KeyInvalidError, KeyWrongError
from hastecrm.dumps.keys import Key, read_key
from hastecrm.dumps.manifest import DumpedSchema, Manifest, file_of
from hastecrm.dumps.reading import opened
from hastecrm.dumps.streams import Counted, Readable, chunks_of, compressed, encrypted
from hastecrm.dumps.volume import Volume

CONTENT = b"".join(b"%d: one more line of a dump\n" % n for n in range(200_000))
NAME = "acme-20261127t020000z"
ONE, OTHER = (Key(pyrage.x25519.Identity.generate()) for _ in range(2))


async def stored(folder: Path, key: Key | None) -> tuple[Catalogue, Manifest, Path]:
    """Store the content as a backup does."""
    catalogue = Catalogue(Volume(folder), "sales-acme")
    stream: Readable = compressed(io.BytesIO(CONTENT))
    counted = Counted(encrypted(stream, key) if key else stream)
    file = file_of(NAME, encrypted=key is not None)
    size = await catalogue.destination.put(catalogue.key(file), chunks_of(counted))
    manifest = Manifest(
        name=NAME,
        file=file,
        taken_at=datetime(2026, 11, 27, 2, tzinfo=UTC),
        schema_=DumpedSchema(version=9, compatible_from=5),
        release="0.1.0",
        server_version="15.14",
        tables={"contacts": 1},
        size=size,
        sha256=counted.sha256,
        seconds=1.5,
        encrypted=key is not None,
    )
    return catalogue, manifest, folder / catalogue.key(file)


async def read(catalogue: Catalogue, manifest: Manifest, key: Key | None) -> bytes:
    async with opened(catalogue, manifest, key) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
async def test_what_is_read_is_what_was_written(tmp_path: Path, key: Key | None):
    catalogue, manifest, file = await stored(tmp_path, key)

    assert await read(catalogue, manifest, key) == CONTENT
    assert manifest.size == file.stat().st_size < len(CONTENT) / 4


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
@pytest.mark.parametrize("where", [0, 10, 0.1, 0.5, 0.9, -1])
async def test_a_flipped_bit_is_found(tmp_path: Path, key: Key | None, where: float):
    catalogue, manifest, file = await stored(tmp_path, key)
    content = bytearray(file.read_bytes())
    content[int(where * len(content)) if isinstance(where, float) else where] ^= 4
    file.write_bytes(content)

    with pytest.raises(DumpDamagedError, match="checksum differs"):
        await read(catalogue, manifest, key)


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
@pytest.mark.parametrize("left", [0, 10, 100, 0.5, -1])
async def test_a_truncated_file_is_found(tmp_path: Path, key: Key | None, left: float):
    catalogue, manifest, file = await stored(tmp_path, key)
    content = file.read_bytes()
    file.write_bytes(content[: int(left * len(content)) if isinstance(left, float) else left])

    with pytest.raises(DumpDamagedError, match=f"instead of {manifest.size}"):
        await read(catalogue, manifest, key)


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
async def test_what_was_appended_is_found(tmp_path: Path, key: Key | None):
    catalogue, manifest, file = await stored(tmp_path, key)
    file.write_bytes(file.read_bytes() + b"more")

    with pytest.raises(DumpDamagedError, match=f"instead of {manifest.size}"):
        await read(catalogue, manifest, key)


async def test_another_key_is_told_from_a_damaged_file(tmp_path: Path):
    catalogue, manifest, _ = await stored(tmp_path, ONE)

    with pytest.raises(KeyWrongError, match="for another key"):
        await read(catalogue, manifest, OTHER)


async def test_an_encrypted_dump_needs_a_key(tmp_path: Path):
    catalogue, manifest, _ = await stored(tmp_path, ONE)

    with pytest.raises(KeyInvalidError, match="HASTECRM_BACKUP_KEY_FILE"):
        await read(catalogue, manifest, None)


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
async def test_reading_may_end_early(tmp_path: Path, key: Key | None):
    catalogue, manifest, _ = await stored(tmp_path, key)

    async with opened(catalogue, manifest, key) as chunks:
        assert await anext(chunks) == CONTENT[: 1 << 20]


@pytest.mark.parametrize("key", [None, ONE], ids=["plain", "encrypted"])
async def test_an_error_of_the_source_ends_the_upload_and_leaves_nothing(tmp_path: Path, key: Key | None):
    class Broken:
        left = 3

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise DestinationFailedError("broke in the middle")
            return b"x" * size

    counted = Counted(Broken())
    stream: Readable = compressed(counted)

    with pytest.raises((DestinationFailedError, pyrage.EncryptError), match="broke in the middle"):
        await Volume(tmp_path).put("a/b", chunks_of(encrypted(stream, key) if key else stream))
    assert list((tmp_path / "a").iterdir()) == []
    assert isinstance(counted.failure, DestinationFailedError)


async def test_a_cancelled_upload_leaves_nothing(tmp_path: Path):
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Volume(tmp_path).put("a/b", chunks())
    assert list((tmp_path / "a").iterdir()) == []


def test_a_key_is_read_as_age_keygen_writes_it(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text(f"# created: 2026-11-27\n# public key: {ONE.recipient}\n{ONE.identity}\n")

    key = read_key(str(file))

    assert key is not None
    assert str(key.recipient) == str(ONE.recipient)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "has 0"),
        (f"{ONE.identity}\n{OTHER.identity}\n", "has 2"),
        (str(ONE.recipient), "is a public key"),
        (str(ONE.identity)[:-3], "is no age key"),
        ("ümlaut", "cannot be read"),
    ],
    ids=["nothing", "two", "a public key", "a part of one", "other bytes"],
)
def test_what_is_no_key_is_said_without_showing_it(tmp_path: Path, content: str, told: str):
    file = tmp_path / "key"
    file.write_text(content)

    with pytest.raises(KeyInvalidError, match=told) as caught:
        read_key(str(file))
    assert content[:20] not in str(caught.value) or not content
