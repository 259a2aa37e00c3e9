"""A short-lived account in a workspace of its own, for a program that tries the API like a person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, Final, Protocol
from uuid import UUID

from hastecrm.core.clock import Clock
from hastecrm.core.passwords import Passwords
from hastecrm.features.accounts.repository import visitors as repository

_LONGEST_RUN: Final = timedelta(hours=2)
_RECORDS: Final = 100_000


class Records(Protocol):
    """The records of a workspace, whichever feature keeps them."""

    async def clear(self, connection: Any, workspace: UUID, limit: int) -> int:
        """Remove up to so many records; return how many."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a visitor signs in with."""

    visitor: UUID
    password: str = field(repr=False)

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return repository.email_of(self.visitor)


@dataclass(frozen=True, slots=True)
class Visitors:
    """Makes accounts and removes them, over connections of the system."""

    connect: Callable[[], Awaitable[Any]]
    records: Records
    clock: Clock

    async def make(self) -> Account:
        """Return a new account, after removing what earlier runs left behind when they died."""
        account, passwords = Account(repository.new_id(), token_urlsafe(24)), Passwords()
        try:
            hashed = await passwords.hash(account.password)
        finally:
            await passwords.close()
        async with self._transaction() as connection:
            for old in await repository.left_behind(connection, self.clock() - _LONGEST_RUN):
                await self._clear(connection, old)
            await repository.add(connection, account.visitor, hashed)
        return account

    async def remove(self, account: Account) -> None:
        """Remove an account with its workspace and all traces."""
        async with self._transaction() as connection:
            await self._clear(connection, account.visitor)

    async def _clear(self, connection: Any, visitor: UUID) -> None:
        await self.records.clear(connection, visitor, _RECORDS)
        await repository.remove(connection, visitor)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        connection = await self.connect()
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()
