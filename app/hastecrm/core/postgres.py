"""Where PostgreSQL is, how to speak to it, and what each connection tells it about who is asking."""

import ssl
from dataclasses import dataclass
from typing import Any, Self

import asyncpg
from structlog.contextvars import get_contextvars

from hastecrm.core.scope import NOBODY, Scope
from hastecrm.core.settings import Settings

_SCOPE_NAMES = ("hastecrm.system", "hastecrm.workspace", "hastecrm.owners", "hastecrm.role")
_ENTER = "SELECT " + ", ".join(
    f"set_config('{name}', ${n}, false)"
    for n, name in enumerate((*_SCOPE_NAMES, "application_name"), start=1)
)
CONNECT_TIMEOUT = 3.0


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
