"""Dumps come back whole into a database of their own, or not at all."""

import asyncio
import hashlib
import signal
from typing import Any

import pyrage
import pytest
import zstandard
from tests.integration.restores.installation import FOLDER, Installation

ADD = (
    "INSERT INTO contacts (workspace_id, id, first_name) SELECT id, gen_random_uuid(), 'Late' FROM workspaces"
)


DANGLING = """
SET session_replication_role = replica;
UPDATE memberships SET user_id = gen_random_uuid() WHERE role = 'member'
"""


async def test_a_dump_comes_back_beside_the_database_in_use(acme: Installation):
    async with acme.sql() as sql:
        await sql.execute(ADD)

    ended = await acme.restore()

    assert ended.code == 0, ended.said
    assert ended.report["rows"] > 500
    async with acme.sql() as live, acme.sql(acme.named("restore")) as restored:
        count = "SELECT count(*) FROM contacts"
        assert (await live.fetchval(count), await restored.fetchval(count)) == (501, 500)
        owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 2200"
        assert await restored.fetch(owners) == await live.fetch(owners)
        walls = (
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r' ORDER BY 1"
        )
        assert await restored.fetch(walls) == await live.fetch(walls)
        assert await restored.fetchval("SELECT count(*) FROM pg_statistic") > 100


async def test_what_was_restored_is_compared_with_the_record(acme: Installation):
    await acme.restore()

    ended = await acme.run("verify", "--name", "acme-1", "--database", acme.named("restore"))

    assert ended.code == 0, ended.said
    assert ended.report["checks"] == ["rows", "schema", "references", "rowSecurity", "sequences", "signIn"]


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("DELETE FROM contacts WHERE first_name = 'First1'", "rows"),
        ("UPDATE users SET password_hash = 'nonsense'", "signIn"),
        ("ALTER TABLE contacts DISABLE ROW LEVEL SECURITY", "rowSecurity"),
        ("UPDATE schema_migrations SET version = 7000 WHERE version = 7", "schema"),
        (DANGLING, "references"),
        (
            "ALTER TABLE contacts ADD number serial; ALTER SEQUENCE contacts_number_seq RESTART",
            "sequences",
        ),
    ],
    ids=["a row is missing", "password", "open table", "schema", "dangling", "sequence"],
)
async def test_what_differs_from_the_record_is_found(acme: Installation, damage: str, check: str):
    await acme.restore()
    async with acme.sql(acme.named("restore")) as sql:
        await sql.execute(damage)

    ended = await acme.run("verify", "--name", "acme-1", "--database", acme.named("restore"))

    assert ended.code == 65
    assert ended.report["reason"] == "ChecksFailed"
    assert f"{check}: " in ended.report["error"]


async def test_a_look_writes_nothing(acme: Installation):
    ended = await acme.run("restore", "--name", "acme-1", "--check")

    assert (ended.code, ended.report["name"]) == (0, "acme-1")
    assert await acme.databases() == set()


async def change_record(acme: Installation, **changes: Any) -> None:
    manifest = await acme.catalogue.find("acme-1")
    await acme.catalogue.write(manifest.model_copy(update=changes))


def record_of(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda whole: whole[: len(whole) // 2], "DumpDamaged"),
        (lambda whole: whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], "DumpDamaged"),
        (lambda whole: b"", "DumpDamaged"),
    ],
    ids=["truncated", "a bit flipped", "empty"],
)
async def test_a_damaged_dump_leaves_no_database(acme: Installation, damage: Any, reason: str):
    file = acme.directory / FOLDER / "acme-1.dump.zst"
    file.write_bytes(damage(file.read_bytes()))

    ended = await acme.restore()

    assert (ended.code, ended.report["reason"]) == (65, reason), ended.said
    assert await acme.databases() == set()


async def test_a_file_of_somebody_else_leaves_no_database(acme: Installation):
    file = acme.directory / FOLDER / "acme-1.dump.zst"
    file.write_bytes(foreign := zstandard.compress(b"this is no dump\n" * 1000))
    await change_record(acme, **record_of(foreign))

    ended = await acme.restore()

    assert (ended.code, ended.report["reason"]) == (65, "ForeignDump"), ended.said
    assert await acme.databases() == set()


async def test_a_dump_of_a_newer_schema_is_refused_before_anything_is_made(acme: Installation):
    manifest = await acme.catalogue.find("acme-1")
    await change_record(
        acme, schema_=manifest.schema_.model_copy(update={"version": 900, "compatible_from": 900})
    )

    ended = await acme.restore()

    assert ended.report["reason"] == "DumpTooNew"
    assert "schema 900" in ended.report["error"]
    assert await acme.databases() == set()


async def test_a_dump_that_is_not_there_is_said_to_be_missing(acme: Installation):
    assert (await acme.restore("acme-2")).report["reason"] == "DumpMissing"


async def test_only_names_of_restores_are_taken(acme: Installation):
    for name in (acme.database, "postgres", f"{acme.database}_other_1"):
        ended = await acme.run("restore", "--name", "acme-1", "--into", name)
        assert ended.report["reason"] == "DatabaseNameRefused"
        ended = await acme.run("drop-database", "--database", name)
        assert ended.report["reason"] == "DatabaseNameRefused"


async def test_a_role_that_may_make_no_databases_is_told_the_grant(acme: Installation):
    async with acme.sql("postgres") as sql:
        await sql.execute("ALTER ROLE hastecrm NOCREATEDB")
        try:
            told = [await acme.run("restore", "--name", "acme-1", "--check"), await acme.restore()]
        finally:
            await sql.execute("ALTER ROLE hastecrm CREATEDB")

    for ended in told:
        assert ended.report["reason"] == "NotPermitted"
        assert 'ALTER ROLE "hastecrm" CREATEDB' in ended.report["error"]


async def _until_the_database_is_there(acme: Installation) -> None:
    async with asyncio.timeout(20):
        while "restore_1" not in await acme.databases():
            await asyncio.sleep(0.02)


async def test_a_restore_that_was_killed_begins_anew(acme: Installation):
    process = await acme.start("restore", "--name", "acme-1", "--into", acme.named("restore"))
    await _until_the_database_is_there(acme)
    process.kill()
    await process.communicate()

    ended = await acme.restore()

    assert ended.code == 0, ended.said
    ended = await acme.run("verify", "--name", "acme-1", "--database", acme.named("restore"))
    assert ended.code == 0, ended.said


async def test_a_server_that_crashes_in_the_middle_is_said_to_be_away(acme: Installation):
    process = await acme.start("restore", "--name", "acme-1", "--into", acme.named("restore"))
    await _until_the_database_is_there(acme)
    acme.postgres.stop(abruptly=True)
    _, said = await process.communicate()
    acme.postgres.start()

    assert process.returncode in {1, 65}, said
    assert (await acme.restore()).code == 0
    async with acme.sql() as sql:
        assert await sql.fetchval("SELECT count(*) FROM contacts") == 500


async def test_what_the_command_dumped_comes_back_with_its_key_and_with_no_other(acme: Installation):
    keys = [acme.directory / name for name in ("ours", "theirs")]
    for key in keys:
        key.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    ours, theirs = ({"HASTECRM_BACKUP_KEY_FILE": str(key)} for key in keys)
    taken = await acme.run("backup", "--name", "acme-2", **ours)
    assert taken.code == 0, taken.said

    command = ("restore", "--name", "acme-2", "--into", acme.named("restore"))
    wrong, none, right = [await acme.run(*command, **key) for key in (theirs, {}, ours)]

    assert [wrong.report["reason"], none.report["reason"]] == ["KeyWrong", "KeyInvalid"]
    assert right.code == 0, right.said
    checked = await acme.run("verify", "--name", "acme-2", "--database", acme.named("restore"), **ours)
    assert checked.code == 0, checked.said


async def test_a_restore_that_is_told_to_stop_takes_its_database_along(acme: Installation):
    process = await acme.start("restore", "--name", "acme-1", "--into", acme.named("restore"))
    await _until_the_database_is_there(acme)
    process.send_signal(signal.SIGTERM)
    await process.communicate()

    assert process.returncode == 1
    assert '"Interrupted"' in (acme.directory / "report.json").read_text()
    assert await acme.databases() == set()
