"""`hastecrm backup` against a real server: what is dumped, recorded and reported."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import connect
from tests.integration.dumps.running import NAME, backup, finished, left_in, started
from tests.integration.servers import PASSWORD, Postgres

from hastecrm.core.schema import bundled_migrations, schema_of


def manifest_of(root: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / f"sales-acme/{NAME}.json").read_bytes())
    return content


async def test_every_row_is_dumped_and_recorded(
    volume: dict[str, str], own_sql: Any, contacts: int, tmp_path: Path
):
    ended = backup(volume)

    assert ended.code == 0, ended.errors
    assert left_in(tmp_path / "volume") == [f"sales-acme/{NAME}.dump.zst", f"sales-acme/{NAME}.json"]
    manifest = manifest_of(tmp_path / "volume")
    assert manifest["tables"]["contacts"] == contacts
    assert manifest["tables"]["schema_migrations"] == len(bundled_migrations())
    assert manifest["schema"] == schema_of(bundled_migrations()).as_json()
    assert manifest["serverVersion"].split(".")[0] == str(own_sql.get_server_version().major)
    assert manifest["takenAt"].startswith(ended.report["takenAt"][:16])


async def test_the_report_says_what_a_job_must_know(volume: dict[str, str], contacts: int, tmp_path: Path):
    told = tmp_path / "told"
    ended = backup({**volume, "HASTECRM_TERMINATION_LOG": str(told)})

    report = json.loads(told.read_bytes())
    manifest = manifest_of(tmp_path / "volume")
    assert report == ended.report
    assert report["key"] == f"sales-acme/{NAME}.dump.zst"
    assert {name: report[name] for name in ("name", "bytes", "sha256", "encrypted", "schema")} == {
        name: manifest[name] for name in ("name", "bytes", "sha256", "encrypted", "schema")
    }
    assert report["rows"] == sum(manifest["tables"].values()) > contacts
    assert report["tables"] == len(manifest["tables"])
    assert report["found"] == [[NAME, report["bytes"], report["takenAt"], None]]
    assert report["pruned"] == []


async def test_a_whole_dump_is_never_written_again(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    assert backup(volume).code == 0
    before = (tmp_path / f"volume/sales-acme/{NAME}.dump.zst").stat()

    again = backup(volume)

    assert (again.code, again.report["name"]) == (0, NAME)
    assert (tmp_path / f"volume/sales-acme/{NAME}.dump.zst").stat().st_mtime_ns == before.st_mtime_ns


async def test_a_dump_that_lost_its_file_is_taken_again(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    assert backup(volume).code == 0
    (tmp_path / f"volume/sales-acme/{NAME}.dump.zst").write_bytes(b"half")

    assert backup(volume).code == 0
    assert (tmp_path / f"volume/sales-acme/{NAME}.dump.zst").stat().st_size > 4


async def test_two_runs_of_one_name_make_one_dump(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    await own_sql.execute("BEGIN")
    await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
    first = started(volume, "backup", "--name", NAME)
    while not any("--snapshot" in line for line in _command_lines()):
        assert first.poll() is None
    second = started(volume, "backup", "--name", NAME)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while not await own_sql.fetchval(waiting):
        assert second.poll() is None
        await asyncio.sleep(0.05)
    await own_sql.execute("ROLLBACK")

    one, other = finished(first), finished(second)

    assert (one.code, other.code) == (0, 0)
    assert "waiting for it" in other.errors
    assert one.report["sha256"] == other.report["sha256"]


async def test_the_password_stands_on_no_command_line(
    volume: dict[str, str], own_sql: Any, postgres: Postgres, tmp_path: Path
):
    await own_sql.execute("BEGIN")
    await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")  # so that pg_dump waits
    process = started(volume, "backup", "--name", NAME)
    while not (dumps := [line for line in _command_lines() if "pg_dump" in line and "--snapshot" in line]):
        assert process.poll() is None
    await own_sql.execute("ROLLBACK")

    assert finished(process).code == 0
    assert all(PASSWORD not in line for line in dumps)


async def test_a_database_before_migration_10_can_be_dumped(
    volume: dict[str, str], own_sql: Any, contacts: int, tmp_path: Path
):
    await own_sql.execute(
        "CREATE OR REPLACE FUNCTION hastecrm_may_write() RETURNS boolean LANGUAGE sql STABLE AS "
        "$$ SELECT hastecrm_is_system() OR hastecrm_role() IN ('owner', 'admin', 'member') $$"
    )
    await own_sql.execute("DELETE FROM schema_migrations WHERE version >= 10")

    ended = backup(volume)

    assert ended.code == 0, ended.errors
    assert manifest_of(tmp_path / "volume")["schema"]["version"] == 9


async def test_what_is_done_meanwhile_is_in_neither_dump_nor_counts(
    volume: dict[str, str], own_sql: Any, contacts: int, postgres: Postgres, own_database: str, tmp_path: Path
):
    await own_sql.execute("BEGIN")
    await own_sql.execute("LOCK TABLE teams IN ACCESS EXCLUSIVE MODE")  # holds pg_dump behind its snapshot
    process = started(volume, "backup", "--name", NAME)
    while not any("--snapshot" in line for line in _command_lines()):
        assert process.poll() is None
    other = await connect(postgres, own_database)
    await other.execute("DELETE FROM contacts WHERE first_name = 'First 1'")
    await other.close()
    await own_sql.execute("ROLLBACK")

    assert finished(process).code == 0
    assert manifest_of(tmp_path / "volume")["tables"]["contacts"] == contacts


def _command_lines() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({}, "HASTECRM_BACKUP_DIRECTORY: must be set, or a bucket"),
        (
            {"HASTECRM_BACKUP_DIRECTORY": "/x", "HASTECRM_BACKUP_S3_BUCKET": "b"},
            "dumps go to one place",
        ),
        ({"HASTECRM_BACKUP_S3_BUCKET": "b"}, "HASTECRM_BACKUP_S3_ENDPOINT: must be set for a bucket"),
        (
            {"HASTECRM_BACKUP_DIRECTORY": "/x", "HASTECRM_BACKUP_KEY_FILE": "/none"},
            "HASTECRM_BACKUP_KEY_FILE",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_named(extra: dict[str, str], told: str):
    ended = backup({"HASTECRM_DATABASE_HOST": "127.0.0.1", **extra})

    assert ended.code == 2
    assert told in ended.errors
