"""A database with rows of several workspaces, and the places that dumps go to."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from tests.integration.certificates import certificate
from tests.integration.dumps.s3_server import S3Server
from tests.integration.servers import Postgres

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_CONTACTS = """
INSERT INTO contacts (workspace_id, id, first_name, last_name, email, company)
SELECT $1, gen_random_uuid(), 'First ' || n, 'Last ' || n, 'person' || n || '@example.com', md5(n::text)
FROM generate_series(1, $2::int) n
"""


@pytest.fixture
async def contacts(own_sql: Any) -> int:
    """How many contacts the test's database has."""
    await own_sql.execute(_CONTACTS, DEFAULT_WORKSPACE, 5000)
    return 5000


@pytest.fixture
def volume(postgres: Postgres, own_database: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a run that dumps to a directory."""
    (tmp_path / "volume").mkdir()
    return {**postgres.environment(own_database), "HASTECRM_BACKUP_DIRECTORY": str(tmp_path / "volume")}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with a key."""
    file = tmp_path / "key"
    file.write_text(f"# made for a test\n{pyrage.x25519.Identity.generate()}\n")
    return file


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """An S3 server of the test's own."""
    yield from _running(S3Server(tmp_path))


@pytest.fixture
def s3_tls(tmp_path: Path) -> Iterator[tuple[S3Server, Path]]:
    """The same over TLS, and the file of its authority."""
    certificate(tmp_path, "store")
    for server in _running(S3Server(tmp_path, (tmp_path / "store.crt", tmp_path / "store.key"))):
        yield server, tmp_path / "store.crt"


@pytest.fixture
def bucket(postgres: Postgres, own_database: str, s3: S3Server) -> dict[str, str]:
    """The settings of a run that dumps to a bucket."""
    return {**postgres.environment(own_database), **s3.environment()}


def _running(server: S3Server) -> Iterator[S3Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def undone(dump: Path, key: Path | None, *pg_restore: str) -> str:
    """Undo a dump without our own code, and return what pg_restore prints."""
    if key is not None:
        [line] = [line for line in key.read_text().splitlines() if line.startswith("AGE")]
        pyrage.decrypt_file(str(dump), f"{dump}.zst", [pyrage.x25519.Identity.from_str(line)])
        dump = Path(f"{dump}.zst")
    command = ["sh", "-c", f"zstd -dc {dump} | pg_restore {' '.join(pg_restore)}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
