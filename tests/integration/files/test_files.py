"""Files in PostgreSQL, in a directory and in a bucket of a real S3 server: the same promises."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.integration.application import settings_for
from tests.integration.dumps.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.errors import InvalidInputError
from hastecrm.core.files.files import Files, keep, release
from hastecrm.core.files.model import PIECE, FilesUnavailableError, Place, Span, TooLargeError
from hastecrm.core.files.purge import PurgeFiles
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.core.settings import Settings
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

ALL = Scope(DEFAULT_WORKSPACE, None, "member")
LIMIT = 4 * PIECE
CONTENT = os.urandom(2 * PIECE + 12_345)
PLACES = ("database", "directory", "bucket")


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    server = S3Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def database(postgres: Postgres, own_database: str) -> AsyncIterator[Database]:
    settings, _ = settings_for("api", postgres.environment(own_database))
    database = Database.of(settings, "api")
    await database.open()
    yield database
    await database.close()


def settings_of(place: str, tmp_path: Path, s3: Callable[[], S3Server]) -> Settings:
    """The settings of an installation that keeps its files there."""
    if place == "database":
        return Settings.readable()
    if place == "directory":
        return Settings(files_url=f"file://{tmp_path}/files")
    keys: dict[str, Any] = {
        "files_s3_access_key_id": ACCESS_KEY,
        "files_s3_secret_access_key": SECRET_KEY,
        "files_s3_endpoint": f"http://127.0.0.1:{s3().port}",
    }
    return Settings(files_url=f"s3://{BUCKET}/kept/here", **keys)


@pytest.fixture(params=PLACES)
def files(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Files:
    settings = settings_of(request.param, tmp_path, lambda: request.getfixturevalue("s3"))
    return Files.of(settings, database)


async def in_pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_was_put_is_read_again(files: Files) -> None:
    stored = await files.put(ALL, "a.bin", in_pieces(CONTENT), LIMIT)

    assert await files.find(ALL, stored.id) == stored
    assert (stored.size, stored.sha256) == (len(CONTENT), sha256(CONTENT).hexdigest())
    assert await whole(files.read(ALL, stored)) == CONTENT


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (PIECE - 1, PIECE + 1), (PIECE, 2 * PIECE), (len(CONTENT) - 1, len(CONTENT))]
)
async def test_parts_are_read_across_the_borders_of_pieces(files: Files, start: int, stop: int) -> None:
    stored = await files.put(ALL, "a.bin", in_pieces(CONTENT), LIMIT)

    assert await whole(files.read(ALL, stored, Span(start, stop))) == CONTENT[start:stop]


async def test_a_file_may_be_empty(files: Files) -> None:
    stored = await files.put(ALL, "a.txt", in_pieces(b""), LIMIT)

    assert (stored.size, stored.media_type) == (0, "text/plain")
    assert await whole(files.read(ALL, stored)) == b""


async def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(files: Files) -> None:
    stored = await files.put(ALL, "a.bin", in_pieces(CONTENT), len(CONTENT))
    with pytest.raises(TooLargeError):
        await files.put(ALL, "a.bin", in_pieces(CONTENT), len(CONTENT) - 1)

    assert stored.size == len(CONTENT)


async def test_of_an_upload_that_breaks_off_nothing_is_shown(files: Files, own_sql: Any) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for piece in in_pieces(CONTENT):
            yield piece
        raise ConnectionResetError("the client is gone")

    with pytest.raises(ConnectionResetError):
        await files.put(ALL, "a.bin", broken(), LIMIT)

    left = await own_sql.fetchval("SELECT id FROM files")
    assert await files.find(ALL, left) is None


async def test_programs_are_refused_before_anything_is_stored(files: Files, own_sql: Any) -> None:
    with pytest.raises(InvalidInputError):
        await files.put(ALL, "a.txt", in_pieces(b"#!/bin/sh\nrm -rf /\n"), LIMIT)

    assert await own_sql.fetchval("SELECT count(*) FROM files") == 0


async def test_another_workspace_does_not_find_it(files: Files, own_sql: Any) -> None:
    other = await own_sql.fetchval(
        "INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'X') RETURNING id"
    )
    stored = await files.put(ALL, "a.bin", in_pieces(CONTENT), LIMIT)

    assert await files.find(Scope(other, None, "owner"), stored.id) is None


async def test_only_what_nothing_keeps_is_removed(files: Files, database: Database, own_sql: Any) -> None:
    kept, released, new = [await files.put(ALL, "a.bin", in_pieces(CONTENT), LIMIT) for _ in range(3)]
    async with database.transaction(ALL) as connection:
        await keep(connection, ALL, kept.id)
        await release(connection, ALL, released.id)
    async with database.transaction(SYSTEM) as connection:
        removed = await PurgeFiles(files.vaults)(connection)

    assert removed == 1
    left = {row["id"] for row in await own_sql.fetch("SELECT id FROM files")}
    assert left == {kept.id, new.id}
    assert await whole(files.read(ALL, kept)) == CONTENT
    with pytest.raises(FilesUnavailableError):
        await whole(files.read(ALL, released))


async def test_the_files_of_a_removed_workspace_are_removed_too(
    files: Files, database: Database, own_sql: Any
) -> None:
    other = await own_sql.fetchval(
        "INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'X') RETURNING id"
    )
    stored = await files.put(Scope(other, None, "owner"), "a.bin", in_pieces(CONTENT), LIMIT)
    await own_sql.execute("UPDATE files SET expires_at = NULL")
    await own_sql.execute("DELETE FROM workspaces WHERE id = $1", other)
    async with database.transaction(SYSTEM) as connection:
        await PurgeFiles(files.vaults)(connection)

    assert await own_sql.fetchval("SELECT count(*) FROM files") == 0
    assert await own_sql.fetchval("SELECT count(*) FROM file_chunks") == 0
    with pytest.raises(FilesUnavailableError):
        await whole(files.read(ALL, stored))


async def test_files_of_before_are_still_read_when_new_ones_go_elsewhere(
    database: Database, tmp_path: Path
) -> None:
    before = await Files.of(Settings.readable(), database).put(ALL, "a.bin", in_pieces(CONTENT), LIMIT)
    now = Files.of(Settings(files_url=f"file://{tmp_path}/files"), database)

    stored = await now.put(ALL, "b.bin", in_pieces(CONTENT), LIMIT)

    assert (before.place, stored.place) == (Place.DATABASE, Place.STORE)
    assert await whole(now.read(ALL, before)) == CONTENT
    assert (tmp_path / "files" / str(stored.id)).read_bytes() == CONTENT


async def test_a_store_that_is_away_is_an_error_of_ours(database: Database) -> None:
    keys: dict[str, Any] = {"files_s3_access_key_id": "a", "files_s3_secret_access_key": "b"}
    settings = Settings(files_url="s3://bucket", files_s3_endpoint="http://127.0.0.1:1", **keys)

    with pytest.raises(FilesUnavailableError):
        await Files.of(settings, database).put(ALL, "a.bin", in_pieces(CONTENT), LIMIT)
