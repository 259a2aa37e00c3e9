"""A short-lived account in a workspace of its own, for a program that tries the API like a person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """What a visitor signs in with."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Visitors:
    """Makes accounts over connections of the system, and removes them whatever happens meanwhile."""

    connect: Callable[[], Awaitable[Any]]
    records: Records
    clock: Clock

    @asynccontextmanager
    async def account(self) -> AsyncIterator[Account]:
        """Lend an account, after removing what earlier runs left behind when they died."""
        visitor, password = repository.new_id(), token_urlsafe(24)
        await self._add(visitor, password)
        try:
            yield Account(repository.email_of(visitor), password)
        finally:
            # Another connection than at first: it may have been lost meanwhile.
            await self._remove(visitor)

    async def _add(self, visitor: UUID, password: str) -> None:
        passwords = Passwords()
        try:
            hashed = await passwords.hash(password)
        finally:
            await passwords.close()
        connection = await self.connect()
        try:
            for old in await repository.left_behind(connection, self.clock() - _LONGEST_RUN):
                await self._clear(connection, old)
            async with connection.transaction():
                await repository.add(connection, visitor, hashed)
        finally:
            await connection.close()

    async def _remove(self, visitor: UUID) -> None:
        connection = await self.connect()
        try:
            await self._clear(connection, visitor)
        finally:
            await connection.close()

    async def _clear(self, connection: Any, visitor: UUID) -> None:
        async with connection.transaction():
            await self.records.clear(connection, visitor, _RECORDS)
            await repository.remove(connection, visitor)
