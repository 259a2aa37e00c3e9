"""PostgreSQL: one bounded pool, and asyncpg's errors turned into ours in one place."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import asyncpg
from structlog.contextvars import get_contextvars

from hastecrm.core.errors import (
    CRMError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    InvalidInputError,
    OverloadedError,
    UniqueViolationError,
)
from hastecrm.core.scope import NOBODY, Scope
from hastecrm.core.settings import Settings

# Losing the connection surfaces as any of these, depending on where the socket broke.
_CONNECTION_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver loses its place when a server crashes in mid-sentence
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
_ENCODING = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_SCOPE_NAMES = ("hastecrm.system", "hastecrm.workspace", "hastecrm.owners")
_ENTER = "SELECT " + ", ".join(
    f"set_config('{name}', ${n}, false)"
    for n, name in enumerate((*_SCOPE_NAMES, "application_name"), start=1)
)
CONNECT_TIMEOUT = 3.0
CLOSE_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """Where PostgreSQL is and how to speak to it."""

    host: str
    port: int
    database: str
    user: str
    password: str | None
    tls: "ssl.SSLContext | str"
    application_name: str
    statement_timeout: float
    scope: Scope = NOBODY
    names_requests: bool = False

    @classmethod
    def of(cls, settings: Settings, role: str, *, scope: Scope = NOBODY) -> Self:
        """Take the options from the settings; raise OSError when the CA file cannot be read.

        `scope` is what the connections see unless they are told otherwise.
        """
        assert settings.database_host is not None, "the settings of this command require a host"  # noqa: S101
        password = settings.database_password
        return cls(
            host=settings.database_host,
            port=settings.database_port,
            database=settings.database_name,
            user=settings.database_user,
            password=password.get_secret_value() if password else None,
            tls=_tls(settings.database_ssl_mode, settings.database_ca_file),
            application_name=f"hastecrm-{role}",
            statement_timeout=settings.statement_timeout,
            scope=scope,
            names_requests=settings.sql_request_id,
        )

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `asyncpg.connect` and `asyncpg.create_pool`."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "user": self.user,
            "password": self.password,
            "ssl": self.tls,
            "timeout": CONNECT_TIMEOUT,
            # The server ends slow statements itself; the client's limit is for a server that is gone.
            "command_timeout": self.statement_timeout + 2,
            "server_settings": {
                **dict(zip(_SCOPE_NAMES, self.scope.settings(), strict=True)),
                "application_name": self.application_name,
                "statement_timeout": str(max(1, round(self.statement_timeout * 1000))),
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
            },
        }

    def without_limits(self) -> dict[str, Any]:
        """Return the same for long work: a migration or a COPY may rightly take minutes."""
        arguments = self.arguments()
        arguments["command_timeout"] = None
        arguments["server_settings"]["statement_timeout"] = "0"
        return arguments


def _tls(mode: str, ca_file: str | None) -> "ssl.SSLContext | str":
    if mode == "verify-full":
        return ssl.create_default_context(cafile=ca_file)
    if mode == "require":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # what `require` means to every PostgreSQL client
        return context
    return mode


def translate(exc: BaseException) -> CRMError | None:
    """Return our error for one of asyncpg's, or None when it is nobody's fault but the code's."""
    if isinstance(exc, asyncpg.UniqueViolationError):
        return UniqueViolationError(str(exc.constraint_name))
    if isinstance(exc, asyncpg.QueryCanceledError | TimeoutError):
        return DatabaseTimeoutError()
    if isinstance(exc, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return OverloadedError("The record is being changed by many requests at once; try again.")
    if isinstance(exc, _ENCODING):
        return InvalidInputError("The text contains characters that cannot be stored.")
    # asyncpg also derives its complaints about wrong arguments from InterfaceError: those are bugs.
    if isinstance(exc, _CONNECTION_LOST) and not isinstance(exc, ValueError):
        return DatabaseUnavailableError(reason(exc))
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raise our error in place of asyncpg's, keeping the cause."""
    try:
        yield
    except CRMError:
        raise
    except Exception as exc:
        if (known := translate(exc)) is not None:
            raise known from exc
        raise


class ScopedConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg ships no types
    """A connection that knows what it has told PostgreSQL about who is asking."""

    __slots__ = ("_told",)

    async def enter(self, scope: Scope, options: ConnectionOptions) -> None:
        """Make PostgreSQL show this scope, and the request's id beside every statement; one round trip.

        What was told outlives the caller on purpose: the next one compares, so a request's second statement
        costs no round trip more. Nothing is left to a default: each caller's scope is entered.
        """
        wanted = (*scope.settings(), _label(options))
        if getattr(self, "_told", (*options.scope.settings(), options.application_name)) != wanted:
            self._told: tuple[str, ...] = ()  # if the next line fails, nothing is known
            await self.fetchrow(_ENTER, *wanted)
            self._told = wanted


def _label(options: ConnectionOptions) -> str:
    request_id = get_contextvars().get("request_id") if options.names_requests else None
    return f"{options.application_name} {request_id}"[:63] if request_id else options.application_name


class Database:
    """A pool that may be opened before PostgreSQL is up, and that comes back after it restarts."""

    def __init__(self, options: ConnectionOptions, *, min_size: int, max_size: int, timeout: float) -> None:
        self._options = options
        self._sizes = (min_size, max_size)
        self._timeout = timeout
        self._pool: Any = None

    @classmethod
    def of(cls, settings: Settings, role: str, *, scope: Scope = NOBODY) -> Self:
        """Build the database of one role from its settings; connects to nothing yet.

        `scope` is what its connections see unless a caller asks for another one.
        """
        return cls(
            ConnectionOptions.of(settings, role, scope=scope),
            min_size=settings.pool_min_size,
            max_size=settings.pool_max_size,
            timeout=settings.pool_timeout,
        )

    async def open(self) -> None:
        """Make the first connections, once; raises `DatabaseUnavailableError` while PostgreSQL is away."""
        if self._pool is not None:
            return
        with translated_connecting():
            self._pool = await asyncpg.create_pool(
                **self._options.arguments(),
                min_size=self._sizes[0],
                max_size=self._sizes[1],
                max_inactive_connection_lifetime=300,
                reset=_keep,
                connection_class=ScopedConnection,
            )

    async def close(self) -> None:
        """Close every connection; those still busy after a few seconds are cut."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @property
    def size(self) -> tuple[int, int]:
        """Open and idle connections."""
        return (self._pool.get_size(), self._pool.get_idle_size()) if self._pool is not None else (0, 0)

    @asynccontextmanager
    async def connection(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend a connection that sees what the scope shows; raises our errors, never asyncpg's known ones."""
        connection = await self._acquire()
        try:
            with translated():
                await connection.enter(self._options.scope if scope is None else scope, self._options)
                yield connection
        except DatabaseUnavailableError:
            # A connection that broke once is not lent again, whatever state it claims to be in.
            with suppress(asyncpg.InterfaceError):  # the pool may have noticed by itself
                connection.terminate()
            raise
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend a connection inside a transaction that commits when the block ends well."""
        async with self.connection(scope) as connection, connection.transaction():
            yield connection

    async def check(self) -> None:
        """Ask PostgreSQL for nothing; raises when it does not answer within two seconds."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT 1", timeout=2)

    async def _acquire(self) -> Any:
        if self._pool is None:
            raise DatabaseUnavailableError("it has not been reached yet")
        try:
            with translated_connecting():
                return await self._pool.acquire(timeout=self._timeout)
        except DatabaseTimeoutError as exc:
            # Nobody waits for a pool with room left: a connection attempt hung.
            if self._pool is not None and self._pool.get_size() < self._sizes[1]:
                raise DatabaseUnavailableError from exc.__cause__
            raise OverloadedError from exc.__cause__

    async def _release(self, connection: Any) -> None:
        # Where giving back fails, the connection broke, and asyncpg has already put an empty place there.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await self._pool.release(connection, timeout=2)


async def _keep(_connection: Any) -> None:
    # All that is ever set is set for one transaction (SET LOCAL, advisory transaction locks), and asyncpg
    # rolls back what is left open. Its usual reset would be one more round trip for every statement.
    return


@contextmanager
def translated_connecting() -> Iterator[None]:
    """As `translated`, for the moments in which a connection is made."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        if isinstance(exc, TimeoutError):
            raise DatabaseTimeoutError from exc
        raise DatabaseUnavailableError(reason(exc)) from exc


def reason(exc: BaseException) -> str:
    """Say in a few words why a connection failed."""
    text = str(exc).strip().splitlines()
    return text[0].rstrip(".") if text else type(exc).__name__
