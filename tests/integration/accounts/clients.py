"""People for the tests of accounts: with a password, and signed in through the API like anyone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from tests.integration.application import Answer, Running

from hastecrm.core.passwords import LANES, MEMORY_KIB, PASSES
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

AUTH = "/api/v1/auth"
ME = "/api/v1/me"
PASSWORD = "plum harvest at dawn"
NEW_PASSWORD = "walnuts under the bridge"
_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
_HASH = _HASHER.hash(PASSWORD)
_ADD = "INSERT INTO users (id, email, name, password_hash, email_verified_at) VALUES ($1, $2, $3, $4, now())"
_JOIN = "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, $3)"


@dataclass
class Account:
    """Someone with an account."""

    id: UUID
    email: str

    async def log_in(self, api: Running, *, password: str = PASSWORD, **more: Any) -> Answer:
        """Try to sign in."""
        headers = more.pop("headers", {})
        body = {"email": self.email, "password": password, **more}
        return await api.call("POST", f"{AUTH}/login", json=body, headers={"Authorization": "", **headers})

    async def signed_in(self, api: Running, **more: Any) -> "Client":
        """Sign in, which must work."""
        answer = await self.log_in(api, **more)
        assert answer.status == 200, answer.text
        return Client(api, answer.json)


@dataclass
class Client:
    """A device that is signed in."""

    api: Running
    tokens: dict[str, Any]

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request with the access token."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **options.pop("headers", {})}
        return await self.api.call(method, path, headers=headers, **options)

    async def refresh(self, token: str | None = None, api: Running | None = None) -> Answer:
        """Send the refresh token, or another one."""
        body = {"refresh_token": token or self.tokens["refresh_token"]}
        return await (api or self.api).call(
            "POST", f"{AUTH}/refresh", json=body, headers={"Authorization": ""}
        )

    async def refreshed(self) -> "Client":
        """Return the same device with its next tokens."""
        answer = await self.refresh()
        assert answer.status == 200, answer.text
        return Client(self.api, answer.json)

    async def sessions(self) -> list[dict[str, Any]]:
        """List where this person is signed in."""
        items: list[dict[str, Any]] = (await self.call("GET", f"{ME}/sessions")).json["items"]
        return items


async def account(sql: Any, name: str = "Ada", *, role: str | None = "member") -> Account:
    """Make someone with `PASSWORD`, in the Default workspace unless the role is None."""
    made = Account(uuid4(), f"{name.lower()}@example.com")
    await sql.execute(_ADD, made.id, made.email, f"{name} Example", _HASH)
    if role is not None:
        await sql.execute(_JOIN, DEFAULT_WORKSPACE, made.id, role)
    return made


async def actions(sql: Any) -> list[str]:
    """Return what the audit log says, in its order."""
    return [row["action"] for row in await sql.fetch("SELECT action FROM audit_log ORDER BY at, id")]
