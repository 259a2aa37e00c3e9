"""A restored database takes the place of the one in use, whoever is killed meanwhile, and back again."""

import asyncio
import signal
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from tests.integration.conftest import connect
from tests.integration.restores.installation import Installation

from hastecrm.core.schema import bundled_migrations

ADD = (
    "INSERT INTO contacts (workspace_id, id, first_name) SELECT id, gen_random_uuid(), 'Late' FROM workspaces"
)
COUNT = "SELECT count(*) FROM contacts"


@pytest.fixture
async def restored(acme: Installation) -> Installation:
    """Beside the live database with one contact more, a restored one."""
    async with acme.sql() as sql:
        await sql.execute(ADD)
    assert (await acme.restore()).code == 0
    return acme


async def contacts(acme: Installation, kind: str | None = None) -> int:
    async with acme.sql(acme.named(kind) if kind else None) as sql:
        return int(await sql.fetchval(COUNT))


async def undo(acme: Installation) -> Any:
    names = ("--with", acme.named("before"), "--keep-as", acme.named("undone"))
    return await acme.run("swap", *names, "--undo")


async def test_the_restored_data_is_used_and_the_former_kept(restored: Installation):
    ended = await restored.swap()

    assert ended.code == 0, ended.said
    assert ended.report["outageMs"] < 5000
    assert ended.report["version"] == len(bundled_migrations())
    assert await contacts(restored) == 500
    assert await restored.databases() == {"before_1"}


async def test_a_second_run_finds_that_it_is_done(restored: Installation):
    await restored.swap()

    ended = await restored.swap()

    assert (ended.code, ended.report["outageMs"]) == (0, None)
    assert ended.report["version"] == len(bundled_migrations())
    assert await contacts(restored) == 500


async def test_nobody_gets_into_what_was_replaced(restored: Installation):
    await restored.swap()

    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await connect(restored.postgres, restored.named("before"), "hastecrm")


async def test_who_is_in_is_sent_away(restored: Installation):
    crowd = [await connect(restored.postgres, restored.database, "hastecrm") for _ in range(5)]
    await crowd[0].execute("BEGIN")
    await crowd[0].execute(ADD)

    ended = await restored.swap()

    assert ended.code == 0, ended.said
    for each in crowd:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await each.execute("COMMIT")


async def test_a_restore_signs_everybody_out_and_leaves_no_cached_answer_valid(restored: Installation):
    version = "SELECT coalesce(sum(changes), 0)::bigint FROM workspace_versions"
    async with restored.sql() as sql:
        before = await sql.fetchval(version)

    await restored.swap()

    async with restored.sql() as sql:
        assert await sql.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0
        assert await sql.fetchval(version) > before + 10**9


async def test_undone_it_is_as_it_was(restored: Installation):
    await restored.swap()

    ended = await undo(restored)

    assert ended.code == 0, ended.said
    assert await contacts(restored) == 501
    assert await restored.databases() == {"undone_1"}
    async with restored.sql() as sql:
        assert await sql.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 1


async def test_what_is_not_needed_any_more_is_dropped(restored: Installation):
    await restored.swap()

    for _ in range(2):
        ended = await restored.run("drop-database", "--database", restored.named("before"))
        assert ended.code == 0, ended.said

    assert await restored.databases() == set()
    assert await contacts(restored) == 500


async def until_closed(acme: Installation) -> None:
    asked = "SELECT datallowconn FROM pg_database WHERE datname = $1"
    async with asyncio.timeout(20), acme.sql("postgres") as sql:
        while await sql.fetchval(asked, acme.database):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_a_swap_that_ended_in_the_middle_is_finished_by_the_next(
    restored: Installation, ending: signal.Signals
):
    async with restored.sql():  # a superuser, who cannot be sent away: the swap waits
        process = await restored.start(
            "swap", "--with", restored.named("restore"), "--keep-as", restored.named("before")
        )
        await until_closed(restored)
        process.send_signal(ending)
        await process.communicate()

    assert await restored.databases() == {"restore_1"}
    ended = await restored.swap()

    assert ended.code == 0, ended.said
    assert await contacts(restored) == 500


async def test_a_swap_that_is_told_to_stop_leaves_the_data_in_use(restored: Installation):
    async with restored.sql():
        process = await restored.start(
            "swap", "--with", restored.named("restore"), "--keep-as", restored.named("before")
        )
        await until_closed(restored)
        process.send_signal(signal.SIGTERM)
        await process.communicate()

    assert await contacts(restored) == 501


async def test_a_swap_that_was_killed_and_given_up_leaves_the_data_in_use(restored: Installation):
    async with restored.sql():
        process = await restored.start(
            "swap", "--with", restored.named("restore"), "--keep-as", restored.named("before")
        )
        await until_closed(restored)
        process.kill()
        await process.communicate()

    await restored.run("drop-database", "--database", restored.named("restore"))

    assert await contacts(restored) == 501
    assert await restored.databases() == set()


async def test_a_server_that_crashes_in_the_middle_keeps_one_of_the_two(restored: Installation):
    async with restored.sql():
        process = await restored.start(
            "swap", "--with", restored.named("restore"), "--keep-as", restored.named("before")
        )
        await until_closed(restored)
        restored.postgres.stop(abruptly=True)
        _, said = await process.communicate()
        with suppress(OSError, asyncpg.InterfaceError):
            restored.postgres.start()

    assert process.returncode == 1, said
    assert '"DatabaseUnreachable"' in (restored.directory / "report.json").read_text()
    ended = await restored.swap()
    assert ended.code == 0, ended.said
    assert await contacts(restored) == 500


async def test_a_database_that_is_missing_changes_nothing(acme: Installation):
    ended = await acme.swap()

    assert ended.report["reason"] == "DatabaseMissing"
    assert await contacts(acme) == 500


async def test_one_credential_user_sends_the_other_away(restored: Installation):
    """As in a managed database while credentials change: two users, who both act as the owner."""
    users = ("CREATE ROLE {} LOGIN PASSWORD 'integration-of-two-servers'", "GRANT hastecrm TO {}")
    async with restored.sql("postgres") as sql:
        await sql.execute("GRANT pg_signal_backend TO hastecrm")
        for user in ("hastecrm_a", "hastecrm_b"):
            for statement in (*users, "ALTER ROLE {} SET role TO hastecrm"):
                await sql.execute(statement.format(user))
    restored.user = "hastecrm_a"
    other = await connect(restored.postgres, restored.database, "hastecrm_b")
    try:
        ended = await restored.swap()
    finally:
        other.terminate()
        async with restored.sql("postgres") as sql:
            await sql.execute("REVOKE pg_signal_backend FROM hastecrm")
            await sql.execute("DROP ROLE hastecrm_a")
            await sql.execute("DROP ROLE hastecrm_b")

    assert ended.code == 0, ended.said
    assert await contacts(restored) == 500
