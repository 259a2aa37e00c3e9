"""Several changes as one: what repositories work with, be it the pool or one transaction that they share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

from hastecrm.core.scope import Scope
from hastecrm.core.sqlstate import translated

T = TypeVar("T")
Work = Callable[[Any], Awaitable[T]]
Action = Callable[[], Awaitable[None]]


class Connections(Protocol):
    """What a repository needs of a database; `Database` and `UnitOfWork` have it."""

    def connection(self, scope: Scope | None = None) -> AbstractAsyncContextManager[Any]:
        """Lend a connection that sees what the scope shows."""

    def transaction(self, scope: Scope | None = None) -> AbstractAsyncContextManager[Any]:
        """Lend a connection inside a transaction."""

    async def read(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run what only reads."""

    async def run(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run what belongs into one transaction."""

    async def after_commit(self, action: Action) -> None:
        """Do this once the changes made so far are there for others to see."""


class UnitOfWork:
    """One open transaction in the place of a pool: what is done through it happens together or not at all."""

    def __init__(self, connection: Any, scope: Scope) -> None:
        self._connection = connection
        self._scope = scope
        self._actions: list[Action] = []

    @asynccontextmanager
    async def connection(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend the connection; raises ValueError for another scope than the unit's own."""
        # Told inside a transaction, another scope would be forgotten by a rollback, and nobody would notice.
        if scope not in (None, self._scope):
            raise ValueError("a unit of work has one scope")
        with translated():
            yield self._connection

    @asynccontextmanager
    async def transaction(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend the connection; a block that raises undoes its own changes."""
        async with self.connection(scope) as connection, connection.transaction():
            yield connection

    async def read(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run what only reads."""
        async with self.connection(scope) as connection:
            return await work(connection)

    async def run(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run work as a part of the unit; what repeats it is whoever repeats the unit."""
        async with self.transaction(scope) as connection:
            return await work(connection)

    async def after_commit(self, action: Action) -> None:
        """Keep this for `committed`."""
        self._actions.append(action)

    async def committed(self) -> None:
        """Do what waited for the commit; to be called by whoever ended the transaction."""
        for action in self._actions:
            await action()
