"""What goes wrong in the middle of a backup: it is said, nothing half is left, and older dumps stay."""

import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import connect, make_schema
from tests.integration.dumps.running import NAME, backup, finished, left_in, started
from tests.integration.servers import Postgres

# 19 MB that do not compress, of which the policy gives a row each 10 ms: 6 seconds.
_BALLAST = """
CREATE TABLE ballast (n int, content bytea);
INSERT INTO ballast SELECT n, string_agg(sha512((n::text || ':' || m)::bytea), '')
FROM generate_series(1, 600) n, generate_series(1, 500) m GROUP BY n;
ALTER TABLE ballast ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY slow ON ballast USING (pg_sleep(0.01) IS NOT NULL);
ALTER TABLE ballast OWNER TO hastecrm;
"""


@pytest.fixture
async def slow(own_sql: Any) -> None:
    """A database whose dump takes seconds."""
    await own_sql.execute(_BALLAST)


@pytest.fixture(params=["volume", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, slow: None) -> tuple[dict[str, str], Path]:
    """The settings of a run, and the directory in which all that it stores is seen."""
    root = "volume" if request.param == "volume" else "buckets"
    return request.getfixturevalue(request.param), tmp_path / root


def in_the_middle(environment: dict[str, str], root: Path, *more: str) -> "subprocess.Popen[str]":
    """Start a backup and return when a part of the dump has been stored."""
    process = started(environment, "backup", "--name", NAME, *more)
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size for path in root.rglob("*") if path.is_file()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def children(process: "subprocess.Popen[str]") -> list[int]:
    """Return the ids of the programs that it has started."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(number) for file in tasks for number in file.read_text().split()]


def test_asked_to_stop_it_leaves_nothing(place: tuple[dict[str, str], Path]):
    environment, root = place
    process = in_the_middle(environment, root)
    [pg_dump] = children(process)

    process.send_signal(signal.SIGTERM)
    ended = finished(process)

    assert (ended.code, ended.report["reason"]) == (1, "Interrupted")
    assert left_in(root) == []
    assert not Path(f"/proc/{pg_dump}").exists()


def test_a_pg_dump_that_is_killed_is_no_end_of_a_dump(place: tuple[dict[str, str], Path]):
    environment, root = place
    process = in_the_middle(environment, root)

    os.kill(children(process)[0], signal.SIGKILL)
    ended = finished(process)

    assert (ended.code, ended.report["reason"]) == (1, "DumpFailed")
    assert "signal 9" in ended.report["error"]
    assert left_in(root) == []


def test_an_encrypted_run_tells_the_same(place: tuple[dict[str, str], Path], key: Path):
    environment, root = place
    process = in_the_middle({**environment, "HASTECRM_BACKUP_KEY_FILE": str(key)}, root)

    os.kill(children(process)[0], signal.SIGKILL)
    ended = finished(process)

    assert "signal 9" in ended.report["error"]
    assert left_in(root) == []


@pytest.fixture
async def own_server() -> AsyncIterator[Postgres]:
    """A server that may be killed."""
    server = Postgres()
    try:
        server.start()
        connection = await connect(server, "postgres")
        await connection.execute("CREATE DATABASE doomed OWNER hastecrm")
        await connection.close()
        await make_schema(server, "doomed")
        connection = await connect(server, "doomed")
        await connection.execute(_BALLAST)
        await connection.close()
        yield server
    finally:
        server.destroy()


async def test_a_server_that_dies_is_the_reason(own_server: Postgres, tmp_path: Path):
    environment = {**own_server.environment("doomed"), "HASTECRM_BACKUP_DIRECTORY": str(tmp_path)}
    process = in_the_middle(environment, tmp_path)

    own_server.stop(abruptly=True)
    ended = finished(process)

    assert (ended.code, ended.report["reason"]) == (1, "DatabaseUnreachable")
    assert left_in(tmp_path) == []


async def test_without_a_server_nothing_is_begun(postgres: Postgres, tmp_path: Path):
    environment = {**postgres.environment("nowhere"), "HASTECRM_BACKUP_DIRECTORY": str(tmp_path)}

    ended = backup(environment)

    assert (ended.code, ended.report["reason"]) == (1, "DatabaseUnreachable")
    assert "nowhere" in ended.report["error"]
    assert left_in(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_is_said_and_nothing_is_removed_for_it(
    postgres: Postgres, own_database: str, own_sql: Any, small_disk: Path
):
    environment = {
        **postgres.environment(own_database),
        "HASTECRM_BACKUP_DIRECTORY": str(small_disk),
        "HASTECRM_BACKUP_KEEP_LAST": "1",
        "HASTECRM_BACKUP_KEEP_DAILY": "0",
        "HASTECRM_BACKUP_KEEP_WEEKLY": "0",
    }
    for number in (1, 2):
        assert backup(environment, "--name", f"old-{number}").code == 0
    before = left_in(small_disk)
    await own_sql.execute(_BALLAST)

    ended = backup(environment, "--name", NAME, "--prune")

    assert (ended.code, ended.report["reason"]) == (65, "DestinationFull")
    assert "make the volume larger" in ended.report["error"]
    assert left_in(small_disk) == before


async def test_a_directory_that_is_not_mounted_is_said(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    ended = backup({**volume, "HASTECRM_BACKUP_DIRECTORY": str(tmp_path / "elsewhere")})

    assert (ended.code, ended.report["reason"]) == (1, "DestinationUnreachable")
    assert not (tmp_path / "elsewhere").exists()


def test_the_next_run_removes_what_a_killed_one_left(place: tuple[dict[str, str], Path]):
    environment, root = place
    process = in_the_middle(environment, root)
    process.kill()
    finished(process)
    assert left_in(root) != []

    ended = backup(environment, "--name", NAME)

    assert ended.code == 0, ended.errors
    assert "a run that was killed left half of it" in ended.errors
    kept = [file for file in left_in(root) if not file.startswith(".vgwlocks")]
    assert {file.rpartition("/")[2] for file in kept} == {f"{NAME}.dump.zst", f"{NAME}.json"}


async def test_what_a_run_prunes_is_what_no_rule_keeps(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    rules = {"HASTECRM_BACKUP_KEEP_LAST": "2", "HASTECRM_BACKUP_KEEP_DAILY": "0"}
    environment = {**volume, **rules, "HASTECRM_BACKUP_KEEP_WEEKLY": "0"}
    for number in (1, 2, 3):
        assert backup(environment, "--name", f"old-{number}").code == 0

    ended = backup(environment, "--name", NAME, "--prune")

    assert ended.report["pruned"] == ["old-1", "old-2"]
    assert [found[0] for found in ended.report["found"]] == [NAME, "old-3"]
    assert {file.split("/")[1].split(".")[0] for file in left_in(tmp_path / "volume")} == {NAME, "old-3"}


async def test_a_key_that_is_none_is_said_before_anything_is_dumped(
    volume: dict[str, str], own_sql: Any, tmp_path: Path
):
    (tmp_path / "key").write_text("no key")

    ended = backup({**volume, "HASTECRM_BACKUP_KEY_FILE": str(tmp_path / "key")})

    assert (ended.code, ended.report["reason"]) == (65, "KeyInvalid")
    assert left_in(tmp_path / "volume") == []
