"""What signing in leaves behind does not pile up."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.accounts.clients import account
from tests.integration.application import Running

from hastecrm.features.accounts.repository.purge import PurgeSignIns


async def left(sql: Any) -> list[int]:
    tables = ("refresh_tokens", "sessions", "sign_in_attempts")
    return [await sql.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608


async def test_old_tokens_sessions_and_attempts_are_removed_and_living_ones_stay(
    api: Running, sql: Any
) -> None:
    ada = await account(sql)
    await (await ada.signed_in(api)).refreshed()
    await ada.log_in(api, password="wrong password here")
    now = datetime.now(UTC)

    async def purge(days: int) -> list[int]:
        await PurgeSignIns(lambda: now + timedelta(days=days))(sql)
        return await left(sql)

    assert await purge(0) == [2, 1, 2]
    assert await purge(8) == [1, 1, 0]
    assert await purge(30 + 91) == [0, 0, 0]
