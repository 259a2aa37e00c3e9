"""`hastecrm check-connections` against real servers: it says in one word why a store cannot be used."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.certificates import certificate
from tests.integration.conftest import connect
from tests.integration.servers import Postgres, Redis, free_port
from tests.integration.tcp_proxy import proxied

from hastecrm.core.redis_store import RedisStore
from hastecrm.core.settings import Settings
from hastecrm.main import main

Checked = Callable[..., dict[str, Any]]
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """A certificate of the server, with its key, and one of a stranger."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "stranger"):
        certificate(folder, name)
    return {name: (folder / f"{name}.crt", folder / f"{name}.key") for name in ("server", "stranger")}


@pytest.fixture(scope="module")
def tls_redis(pairs: dict[str, tuple[Path, Path]]) -> Iterator[Redis]:
    cert, key = map(str, pairs["server"])
    options = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert]
    server = Redis(*options, "--tls-auth-clients", "no")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def tls_postgres(pairs: dict[str, tuple[Path, Path]]) -> Iterator[Postgres]:
    server = Postgres()
    cert, key = (server.give(path.name, path.read_bytes()) for path in pairs["server"])
    server.use(ssl="on", ssl_cert_file=str(cert), ssl_key_file=str(key))
    server.start()
    asyncio.run(_make_database(server))
    yield server
    server.destroy()


async def _make_database(server: Postgres) -> None:
    connection = await connect(server, "postgres")
    await connection.execute("CREATE DATABASE shared OWNER hastecrm")
    await connection.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command; return its exit code and its report."""
    log = tmp_path / "termination-log"

    def command(*arguments: str, **variables: str) -> tuple[int, dict[str, Any]]:
        for name, value in {**variables, "HASTECRM_TERMINATION_LOG": str(log)}.items():
            monkeypatch.setenv(name, value)
        log.unlink(missing_ok=True)
        code = main(["check-connections", *arguments])
        return code, json.loads(log.read_text()) if log.exists() else {}

    return command


@pytest.fixture
def checked(run: Run) -> Checked:
    """Return what the command reports of one store, without a second try."""

    def check(store: str, **variables: str) -> dict[str, Any]:
        code, report = run(store, "--wait", "0s", **variables)
        assert code == (0 if report[store]["ok"] else 1)
        return report[store]

    return check


def address(port: int) -> dict[str, str]:
    return {"HOST": "127.0.0.1", "PORT": str(port)}


def of(server: Postgres, database: str = "shared", **changes: str) -> dict[str, str]:
    """Return the settings of a database, some of them changed."""
    return {**server.environment(database), **{f"HASTECRM_DATABASE_{k}": v for k, v in changes.items()}}


def cache(server: Redis, **changes: str) -> dict[str, str]:
    return {**server.environment(), **{f"HASTECRM_REDIS_{k}": v for k, v in changes.items()}}


def test_stores_that_can_be_used_are_reported_with_version_and_latency(
    run: Run, postgres: Postgres, redis_server: Redis
):
    code, report = run(**of(postgres), **redis_server.environment())

    assert code == 0
    assert {store: verdict["reason"] for store, verdict in report.items()} == {
        "database": "Connected",
        "redis": "Connected",
    }
    assert int(report["database"]["serverVersion"].partition(".")[0]) >= 15
    assert int(report["redis"]["serverVersion"].partition(".")[0]) >= 7
    assert all(0 < verdict["latencyMs"] < 1000 for verdict in report.values())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"HOST": "no-such-host.invalid"}, "NameNotResolved"),
        ({"PORT": "1"}, "ConnectionRefused"),
        ({"PASSWORD": "wrong"}, "AuthenticationFailed"),
        ({"USER": "nobody"}, "AuthenticationFailed"),
        ({"NAME": "nowhere"}, "DatabaseMissing"),
        ({"USER": "postgres"}, "RoleTooPowerful"),
        ({"SSL_MODE": "require"}, "TLSNotOffered"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_word(
    checked: Checked, postgres: Postgres, changes: dict[str, str], reason: str
):
    verdict = checked("database", **of(postgres, **changes))

    assert verdict["reason"] == reason
    assert verdict["message"].startswith("PostgreSQL at ")
    assert "wrong" not in verdict["message"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"HOST": "no-such-host.invalid"}, "NameNotResolved"),
        ({"PORT": "1"}, "ConnectionRefused"),
        ({"PASSWORD": "wrong"}, "AuthenticationFailed"),
        ({"PASSWORD": ""}, "AuthenticationFailed"),
        ({"TLS": "true"}, "Timeout"),  # Redis waits for the end of what it takes for a command
    ],
)
def test_a_cache_that_cannot_be_used_is_told_in_one_word(
    checked: Checked, redis_server: Redis, changes: dict[str, str], reason: str
):
    verdict = checked("redis", **cache(redis_server, **changes))

    assert verdict["reason"] == reason
    assert verdict["message"].startswith("Redis at ")


@pytest.mark.parametrize("store", ["database", "redis"])
async def test_a_server_that_never_answers_is_given_up(store: str, checked: Checked, postgres: Postgres):
    async with proxied(postgres.port) as proxy:
        await proxy.become("swallow")
        through = {f"HASTECRM_{store.upper()}_{k}": v for k, v in address(proxy.port).items()}
        verdict = await asyncio.to_thread(checked, store, **{**of(postgres), **through})

    assert verdict["reason"] == "Timeout"


async def test_a_role_that_may_not_create_tables_is_noticed(
    checked: Checked, postgres: Postgres, empty_database: str
):
    connection = await connect(postgres, empty_database)
    await connection.execute("ALTER SCHEMA public OWNER TO postgres; REVOKE ALL ON SCHEMA public FROM public")
    await connection.execute("GRANT USAGE ON SCHEMA public TO public")
    await connection.execute("ALTER DATABASE " + empty_database + " OWNER TO postgres")
    await connection.close()

    verdict = await asyncio.to_thread(checked, "database", **of(postgres, empty_database))

    assert verdict["reason"] == "PrivilegeMissing"
    assert (
        f"role hastecrm may not create tables in schema public of database {empty_database}"
        in (verdict["message"])
    )


def test_a_database_is_checked_against_the_authority_that_was_given(
    checked: Checked, tls_postgres: Postgres, pairs: dict[str, tuple[Path, Path]]
):
    trusted, stranger = str(pairs["server"][0]), str(pairs["stranger"][0])

    right = checked("database", **of(tls_postgres, SSL_MODE="verify-full", CA_FILE=trusted))
    wrong = checked("database", **of(tls_postgres, SSL_MODE="verify-full", CA_FILE=stranger))

    assert (right["tls"], wrong["reason"]) == (True, "CertificateInvalid")


def test_a_certificate_for_another_name_is_refused(
    checked: Checked, tls_postgres: Postgres, pairs: dict[str, tuple[Path, Path]]
):
    trusted = str(pairs["server"][0])
    verdict = checked(
        "database", **of(tls_postgres, HOST="localhost", SSL_MODE="verify-full", CA_FILE=trusted)
    )

    assert verdict["reason"] == "CertificateInvalid"
    assert "localhost" in verdict["message"]


def test_a_cache_is_checked_against_the_authority_that_was_given(
    checked: Checked, tls_redis: Redis, pairs: dict[str, tuple[Path, Path]]
):
    trusted, stranger = str(pairs["server"][0]), str(pairs["stranger"][0])

    right = checked("redis", **cache(tls_redis, TLS="true", CA_FILE=trusted))
    wrong = checked("redis", **cache(tls_redis, TLS="true", CA_FILE=stranger))
    system = checked("redis", **cache(tls_redis, TLS="true", CA_FILE=""))
    plain = checked("redis", **cache(tls_redis, TLS="false"))

    assert (right["reason"], right["tls"]) == ("Connected", True)
    assert wrong["reason"] == system["reason"] == "CertificateInvalid"
    assert plain["reason"] == "ConnectionLost"


async def test_the_cache_of_the_application_speaks_tls_with_the_given_authority(
    monkeypatch: pytest.MonkeyPatch, tls_redis: Redis, pairs: dict[str, tuple[Path, Path]]
):
    for name, value in cache(tls_redis, TLS="true", CA_FILE=str(pairs["server"][0])).items():
        monkeypatch.setenv(name, value)
    store = RedisStore(Settings.readable())
    await store.put("hastecrm:test", "kept", 10)

    assert await store.get("hastecrm:test") == "kept"
    await store.close()


def test_what_may_pass_by_itself_is_tried_again(
    run: Run, postgres: Postgres, capsys: pytest.CaptureFixture[str]
):
    code, _ = run("--wait", "1s", **of(postgres, PORT=str(free_port())))

    assert code == 1
    assert capsys.readouterr().err.count("trying again") >= 1


def test_a_store_that_is_not_configured_is_wrong_usage(
    run: Run, postgres: Postgres, capsys: pytest.CaptureFixture[str]
):
    code, report = run("redis", **of(postgres))

    assert (code, report) == (2, {})
    assert "redis: not configured" in capsys.readouterr().err
