"""What is promised about security: passwords are stored in one way only."""

from typing import Any

from tests.integration.application import Running
from tests.integration.visitors import OWNER, make_owner


async def test_passwords_are_stored_as_argon2id_and_nowhere_as_text(api: Running, sql: Any) -> None:
    await make_owner(api)
    rows = await sql.fetch("SELECT users::text AS told, password_hash FROM users")

    assert [row["password_hash"].startswith("$argon2id$") for row in rows] == [True]
    assert not any(OWNER["password"] in row["told"] for row in rows)
