"""Secrets are replaced while the CRM is in use, as docs/how-to/rotate-secrets.md says."""

from typing import Any

import pytest
from redis.asyncio import Redis as Client
from tests.integration.application import CONTACTS, TOKEN, running
from tests.integration.conftest import connect
from tests.integration.servers import Postgres, Redis

NEXT = "the-token-that-comes-after-that-one-0123"


async def status(url: Any, token: str) -> int:
    return int((await url.call("GET", CONTACTS, headers={"Authorization": f"Bearer {token}"})).status)


async def test_the_old_and_the_new_access_token_are_good_during_a_rotation(
    postgres: Postgres, database: str
) -> None:
    settings = postgres.environment(database)
    announced = {**settings, "HASTECRM_ACCESS_TOKEN_PREVIOUS": NEXT}
    swapped = {**settings, "HASTECRM_ACCESS_TOKEN": NEXT, "HASTECRM_ACCESS_TOKEN_PREVIOUS": TOKEN}
    finished = {**settings, "HASTECRM_ACCESS_TOKEN": NEXT}

    answers = []
    for step in (announced, swapped, finished):
        async with running("api", step) as api:
            answers.append((await status(api, TOKEN), await status(api, NEXT)))
    assert answers == [(200, 200), (200, 200), (401, 200)]


@pytest.fixture
async def second_role(postgres: Postgres, database: str) -> Any:
    connection = await connect(postgres, database)
    await connection.execute("CREATE ROLE hastecrm_b LOGIN PASSWORD 'the second role of a rotation'")
    await connection.execute("GRANT hastecrm TO hastecrm_b")
    await connection.execute("ALTER ROLE hastecrm_b SET role TO hastecrm")
    yield
    await connection.execute("DROP ROLE hastecrm_b")
    await connection.close()


@pytest.mark.usefixtures("second_role")
async def test_two_roles_take_turns_so_that_a_password_can_change_while_the_other_is_in_use(
    postgres: Postgres, database: str, sql: Any
) -> None:
    settings = postgres.environment(database)
    other = {
        **settings,
        "HASTECRM_DATABASE_USER": "hastecrm_b",
        "HASTECRM_DATABASE_PASSWORD": "the second role of a rotation",
    }
    async with running("api", settings) as first, running("api", other) as second:
        made = await second.call("POST", CONTACTS, json={"first_name": "Ada"})
        seen = await first.call("GET", made.headers["Location"])

    assert (made.status, seen.status) == (201, 200)
    assert await sql.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'contacts'") == "hastecrm"


async def test_redis_accepts_two_passwords_during_a_rotation(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    client: Any = Client(
        port=redis_server.port, password=redis_server.environment()["HASTECRM_REDIS_PASSWORD"]
    )
    await client.execute_command("ACL", "SETUSER", "default", ">the-next-password-of-redis")
    try:
        changed = {**redis_server.environment(), "HASTECRM_REDIS_PASSWORD": "the-next-password-of-redis"}
        for settings in (redis_server.environment(), changed):
            async with running("api", {**postgres.environment(database), **settings}) as api:
                report = (await api.probe("/health")).json
                assert report["dependencies"]["redis"]["status"] == "up"
    finally:
        await client.execute_command("ACL", "SETUSER", "default", "<the-next-password-of-redis")
        await client.aclose()
