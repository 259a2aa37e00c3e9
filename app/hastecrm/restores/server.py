"""The server that the application's database is on, as one who makes, renames and drops databases sees it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, Final

import asyncpg

from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.sqlstate import reason
from hastecrm.dumps.errors import DatabaseUnreachableError
from hastecrm.restores.errors import (
    DatabaseBusyError,
    DatabaseFullError,
    DatabaseMissingError,
    NotPermittedError,
)

# Nobody renames or drops the database that they are in: one of these exists nearly everywhere.
_BESIDE: Final = ("postgres", "template1", "defaultdb")
_UNREACHABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.TooManyConnectionsError,
)


class Server:
    """Where the database called `live` is in use."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._options = options
        self.live = options.database

    @asynccontextmanager
    async def inside(self, database: str) -> AsyncIterator[Any]:
        """Lend a connection to one database; raises `DumpError`s in place of PostgreSQL's."""
        with self._told(database):
            connection = await self._connect(database)
            try:
                yield connection
            finally:
                await _close(connection)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Any]:
        """Lend a connection to a database that is none of ours, as `inside` does."""
        with self._told(" or ".join(_BESIDE)):
            connection = await self._connect_beside()
            try:
                yield connection
            finally:
                await _close(connection)

    async def _connect(self, database: str) -> Any:
        return await asyncpg.connect(**replace(self._options, database=database).without_limits())

    async def _connect_beside(self) -> Any:
        for database in _BESIDE[:-1]:
            try:
                return await self._connect(database)
            except (asyncpg.InvalidCatalogNameError, asyncpg.InsufficientPrivilegeError):
                continue
        return await self._connect(_BESIDE[-1])

    @contextmanager
    def _told(self, database: str) -> Iterator[None]:
        try:
            yield
        except asyncpg.InsufficientPrivilegeError as exc:
            raise NotPermittedError(f"{reason(exc)}; {self.grant(str(exc))}") from exc
        except asyncpg.InvalidCatalogNameError as exc:
            raise DatabaseMissingError(reason(exc)) from exc
        except asyncpg.DiskFullError as exc:
            raise DatabaseFullError(f"{reason(exc)}; a restore needs room for a second database") from exc
        except asyncpg.ObjectInUseError as exc:
            raise DatabaseBusyError(reason(exc)) from exc
        except _UNREACHABLE as exc:
            raise DatabaseUnreachableError(f"database {database} cannot be used: {reason(exc)}") from exc

    def grant(self, refusal: str = "") -> str:
        """Return what a superuser has to run so that what was refused is permitted."""
        role = '"' + self._options.user.replace('"', '""') + '"'
        if "terminate" in refusal:
            return f"as a superuser run `GRANT pg_signal_backend TO {role}`"
        return (
            f"restores make a database beside the one in use: as a superuser run `ALTER ROLE {role} CREATEDB`"
        )


async def _close(connection: Any) -> None:
    try:
        await connection.close(timeout=5)
    except _UNREACHABLE:
        connection.terminate()
