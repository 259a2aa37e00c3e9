"""The pool against a real PostgreSQL: TLS in all its modes, and every error as ours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.application import settings_for
from tests.integration.certificates import certificate
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.errors import DatabaseTimeoutError, DatabaseUnavailableError, OverloadedError
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings


@pytest.fixture(scope="module")
def tls_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres()
    cert, key = certificate(tmp_path_factory.mktemp("tls"), "server")
    server.use(
        ssl="on",
        ssl_cert_file=str(server.give("server.crt", cert)),
        ssl_key_file=str(server.give("server.key", key)),
    )
    try:
        server.start()
        yield server
    finally:
        server.destroy()


def settings(server: Postgres, database: str = "postgres", **extra: str) -> Settings:
    variables = {f"HASTECRM_{name.upper()}": value for name, value in extra.items()}
    return settings_for("api", {**server.environment(database), **variables})[0]


async def is_encrypted(server: Postgres, **extra: str) -> bool:
    database = Database.of(settings(server, **extra), "test")
    await database.open()
    async with database.connection() as connection:
        encrypted: bool = await connection.fetchval(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
    await database.close()
    return encrypted


@pytest.mark.parametrize(("mode", "encrypted"), [("disable", False), ("prefer", True), ("require", True)])
async def test_the_mode_decides_about_encryption(tls_postgres: Postgres, mode: str, encrypted: bool) -> None:
    assert await is_encrypted(tls_postgres, database_ssl_mode=mode) is encrypted


async def test_prefer_goes_on_without_and_require_does_not(postgres: Postgres) -> None:
    assert await is_encrypted(postgres, database_ssl_mode="prefer") is False
    with pytest.raises(DatabaseUnavailableError, match="SSL"):
        await is_encrypted(postgres, database_ssl_mode="require")


async def test_verify_full_accepts_the_right_authority_only(tls_postgres: Postgres, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(certificate(tmp_path, "other")[0])
    right = str(tls_postgres.folder / "server.crt")

    assert await is_encrypted(tls_postgres, database_ssl_mode="verify-full", database_ca_file=right)
    other = str(tmp_path / "other.pem")
    with pytest.raises(DatabaseUnavailableError, match="certificate verify failed"):
        await is_encrypted(tls_postgres, database_ssl_mode="verify-full", database_ca_file=other)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"database_password": "wrong"}, "password authentication failed"),
        ({"database_name": "nowhere"}, 'database "nowhere" does not exist'),
        ({"database_port": "1"}, "Connect call failed"),
    ],
)
async def test_why_there_is_no_connection_is_known_inside_but_not_told_outside(
    postgres: Postgres, extra: dict[str, str], said: str
) -> None:
    with pytest.raises(DatabaseUnavailableError, match=said) as caught:
        await Database.of(settings(postgres, **extra), "test").open()

    assert said not in caught.value.detail


async def test_a_slow_statement_is_ended_by_the_server(postgres: Postgres) -> None:
    database = Database.of(settings(postgres, statement_timeout="100ms"), "test")
    await database.open()
    with pytest.raises(DatabaseTimeoutError):
        async with database.connection() as connection:
            await connection.execute("SELECT pg_sleep(5)")

    await database.check()
    await database.close()


async def test_a_full_pool_refuses_and_recovers(postgres: Postgres) -> None:
    limits = {"pool_min_size": "1", "pool_max_size": "1", "pool_timeout": "50ms"}
    database = Database.of(settings(postgres, **limits), "test")
    await database.open()
    async with database.connection():
        with pytest.raises(OverloadedError):
            await database.check()

    await database.check()
    assert database.size == (1, 1)
    await database.close()


async def test_a_transaction_that_raises_leaves_nothing_behind(postgres: Postgres, database: str) -> None:
    store = Database.of(settings(postgres, database), "test", scope=SYSTEM)
    await store.open()

    async def change_and_fail() -> None:
        async with store.transaction() as connection:
            await connection.execute("DELETE FROM workspaces")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()

    async with store.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM workspaces") == 1
    await store.close()


async def test_a_transaction_that_was_left_open_does_not_travel_to_the_next_user(
    postgres: Postgres, database: str
) -> None:
    store = Database.of(
        settings(postgres, database, pool_min_size="1", pool_max_size="1"), "test", scope=SYSTEM
    )
    await store.open()
    async with store.connection() as connection:
        await connection.execute("BEGIN; DELETE FROM workspaces")

    async with store.connection() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT count(*) FROM workspaces") == 1
    await store.close()


async def test_closing_does_not_wait_for_a_stuck_connection(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.database.CLOSE_TIMEOUT", 0.1)
    database = Database.of(settings(postgres), "test")
    await database.open()

    async def stuck() -> None:
        async with database.connection() as connection:
            await connection.execute("SELECT pg_sleep(4)")

    task = asyncio.create_task(stuck())
    while database.size[1] == database.size[0]:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(2):
        await database.close()
    with pytest.raises(DatabaseUnavailableError):
        await task
