"""A drill proves the newest dump in a server that nobody needs, and says what a disaster would cost."""

from tests.integration.restores.installation import FOLDER, Installation
from tests.integration.servers import PASSWORD, SUPERUSER


def scratch(acme: Installation) -> str:
    return f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{acme.postgres.port}/postgres"


async def left_behind(acme: Installation) -> int:
    async with acme.sql("postgres") as sql:
        found = await sql.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'postgres%restore%'")
    return int(found)


async def test_the_newest_dump_is_proven_and_marked_so(acme: Installation):
    await acme.dump("acme-2")

    ended = await acme.run("verify", "--scratch-url", scratch(acme))

    assert ended.code == 0, ended.said
    assert ended.report["name"] == "acme-2"
    assert ended.report["rtoSeconds"] > 0
    assert 0 <= ended.report["rpoSeconds"] < 60
    assert (await acme.catalogue.find("acme-2")).verified_at is not None
    assert (await acme.catalogue.find("acme-1")).verified_at is None
    assert await left_behind(acme) == 0


async def test_over_the_socket_of_a_server_beside_it(acme: Installation):
    url = f"postgresql://{SUPERUSER}:{PASSWORD}@:{acme.postgres.port}/postgres?host={acme.postgres.folder}"

    ended = await acme.run("verify", "--name", "acme-1", "--scratch-url", url)

    assert ended.code == 0, ended.said


async def test_a_dump_that_is_damaged_is_not_proven(acme: Installation):
    file = acme.directory / FOLDER / "acme-1.dump.zst"
    whole = file.read_bytes()
    file.write_bytes(whole[:-100] + bytes(100))

    ended = await acme.run("verify", "--scratch-url", scratch(acme))

    assert (ended.code, ended.report["reason"]) == (65, "DumpDamaged")
    assert (await acme.catalogue.find("acme-1")).verified_at is None
    assert await left_behind(acme) == 0


async def test_without_a_dump_there_is_nothing_to_prove(acme: Installation):
    await acme.catalogue.remove("acme-1")

    assert (await acme.run("verify", "--scratch-url", scratch(acme))).report["reason"] == "DumpMissing"


async def test_a_scratch_server_that_is_away_is_waited_for_and_then_named(acme: Installation):
    ended = await acme.run(
        "verify", "--scratch-url", "postgresql://x@127.0.0.1:1/x", HASTECRM_MIGRATE_WAIT="1s"
    )

    assert ended.report["reason"] == "DatabaseUnreachable"
    assert "waiting for the scratch server" in ended.said
