"""The words of the connection check, and what it thinks of a server that no test can start."""

import socket
import ssl
from typing import Any

import asyncpg
import pytest
from redis import exceptions as redis_errors

from hastecrm.core.connection_check.database import judge
from hastecrm.core.connection_check.reasons import reason_of
from hastecrm.core.connection_check.redis import version_of
from hastecrm.core.connection_check.verdict import UnusableError, Verdict

GOOD = {
    "version": "16.4 (Debian 16.4-1)",
    "role": "crm",
    "database": "crm",
    "superuser": False,
    "bypasses": False,
    "standby": False,
    "schema": "public",
    "creates": True,
}


class Server:
    """Answers INFO as a Redis of some version."""

    def __init__(self, version: str) -> None:
        self.version = version

    async def info(self, _section: str) -> dict[str, str]:
        if not self.version:
            raise redis_errors.NoPermissionError("this user has no permissions to run the 'info' command")
        return {"redis_version": self.version}


def wrapped(inner: Exception) -> Exception:
    outer = redis_errors.ConnectionError("Error connecting")
    outer.__context__ = inner
    return outer


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "NameNotResolved"),
        (wrapped(socket.gaierror(-2, "Name or service not known")), "NameNotResolved"),
        (wrapped(ssl.SSLCertVerificationError("self-signed certificate")), "CertificateInvalid"),
        (ssl.SSLError("handshake failure"), "TLSFailed"),
        (TimeoutError(), "Timeout"),
        (redis_errors.TimeoutError(), "Timeout"),
        (asyncpg.InvalidAuthorizationSpecificationError("no pg_hba.conf entry for host"), "AccessDenied"),
        (redis_errors.NoPermissionError(), "PrivilegeMissing"),
        (redis_errors.ReadOnlyError(), "ReadOnly"),
        (asyncpg.CannotConnectNowError("the database system is starting up"), "ServerStarting"),
        (ConnectionResetError(), "ConnectionLost"),
        (redis_errors.ResponseError("MOVED 1 10.0.0.1:6379"), "ServerRefused"),
    ],
)
def test_each_failure_has_its_word(failure: Exception, reason: str):
    assert reason_of(failure) == reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"version": "14.13"}, "ServerTooOld"),
        ({"superuser": True}, "RoleTooPowerful"),
        ({"bypasses": True}, "RoleTooPowerful"),
        ({"standby": True}, "ReadOnly"),
        ({"creates": False}, "PrivilegeMissing"),
        ({"schema": None, "creates": False}, "PrivilegeMissing"),
    ],
)
def test_a_database_that_migrations_could_not_use_is_refused(facts: dict[str, Any], reason: str):
    with pytest.raises(UnusableError) as refused:
        judge(GOOD | facts)

    assert refused.value.reason == reason


def test_a_good_database_is_accepted():
    judge(GOOD)


async def test_an_old_redis_is_refused_by_its_version():
    with pytest.raises(UnusableError, match=r"Redis 6\.2\.14; 7 or newer"):
        await version_of(Server("6.2.14"))

    assert await version_of(Server("7.0.15")) == "7.0.15"


async def test_a_redis_that_does_not_tell_its_version_may_still_be_used():
    assert await version_of(Server("")) is None


def test_a_verdict_leaves_out_what_is_not_known():
    assert Verdict("Timeout", "it took too long").as_json() == {
        "ok": False,
        "reason": "Timeout",
        "message": "it took too long",
    }
