"""Why a connection failed, in one word: from the errors of the network and of the two drivers. No I/O."""

import socket
import ssl
from collections.abc import Iterator

import asyncpg
from redis import exceptions as redis_errors

from hastecrm.core.connection_check.verdict import UnusableError

# Of two that fit, the earlier one says more.
_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (socket.gaierror, "NameNotResolved"),
    (ssl.SSLCertVerificationError, "CertificateInvalid"),
    (ssl.SSLError, "TLSFailed"),
    (ConnectionRefusedError, "ConnectionRefused"),
    ((TimeoutError, redis_errors.TimeoutError), "Timeout"),
    (asyncpg.InvalidPasswordError, "AuthenticationFailed"),
    (redis_errors.AuthenticationError, "AuthenticationFailed"),
    (asyncpg.InvalidAuthorizationSpecificationError, "AccessDenied"),
    (asyncpg.InvalidCatalogNameError, "DatabaseMissing"),
    (asyncpg.InsufficientPrivilegeError, "PrivilegeMissing"),
    (redis_errors.NoPermissionError, "PrivilegeMissing"),
    (asyncpg.TooManyConnectionsError, "TooManyConnections"),
    (redis_errors.MaxConnectionsError, "TooManyConnections"),
    (asyncpg.CannotConnectNowError, "ServerStarting"),
    (redis_errors.BusyLoadingError, "ServerStarting"),
    (redis_errors.ReadOnlyError, "ReadOnly"),
    (redis_errors.OutOfMemoryError, "OutOfMemory"),
)
_BY_TEXT = (
    ("rejected SSL upgrade", "TLSNotOffered"),
    ("WRONG_VERSION_NUMBER", "TLSNotOffered"),
    ("record layer failure", "TLSNotOffered"),
    ("no pg_hba.conf entry", "AccessDenied"),
    ("Authentication required", "AuthenticationFailed"),
    ("WRONGPASS", "AuthenticationFailed"),
)
# What may pass by itself within seconds: a server that starts, a network that is being set up.
TRANSIENT = frozenset(
    {
        "NameNotResolved",
        "ConnectionRefused",
        "Timeout",
        "ServerStarting",
        "ConnectionLost",
        "TooManyConnections",
    }
)


def reason_of(failure: BaseException) -> str:
    """Return the one word for a failure; ConnectionLost for a socket that broke, else ServerRefused."""
    if isinstance(failure, UnusableError):
        return failure.reason
    chain = list(_chain(failure))
    for marker, reason in _BY_TEXT:
        if any(marker in str(link) for link in chain):
            return reason
    for kind, reason in _REASONS:
        if any(isinstance(link, kind) for link in chain):
            return reason
    lost = any(isinstance(link, OSError | EOFError | redis_errors.ConnectionError) for link in chain)
    return "ConnectionLost" if lost else "ServerRefused"


def _chain(failure: BaseException) -> Iterator[BaseException]:
    # The drivers wrap the error that says most.
    link: BaseException | None = failure
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
