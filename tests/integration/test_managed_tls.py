"""The certificates that the operator makes are served by PostgreSQL and trusted by the application."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.main import main
from hastecrm_operator.adapters.x509 import issue


async def prepare(server: Postgres) -> None:
    connection = await connect(server, "postgres")
    await connection.execute("CREATE DATABASE crm OWNER hastecrm")
    await connection.close()


async def is_encrypted(server: Postgres) -> bool:
    connection = await connect(server, "postgres")
    seen = await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await connection.close()
    return bool(seen)


def test_the_application_verifies_the_managed_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made = issue({}, ["acme-postgres", "acme-postgres.sales"], datetime.now(UTC))
    authority = tmp_path / "ca.crt"
    authority.write_bytes(made.files["ca.crt"])
    server = Postgres()
    files = {name: str(server.give(name, made.files[name])) for name in ("tls.crt", "tls.key")}
    server.use(ssl="on", ssl_cert_file=files["tls.crt"], ssl_key_file=files["tls.key"])
    try:
        server.start()
        asyncio.run(prepare(server))
        variables = {"SSL_MODE": "verify-full", "CA_FILE": str(authority)}
        for name, value in server.environment("crm").items():
            monkeypatch.setenv(name, value)
        for name, value in variables.items():
            monkeypatch.setenv(f"HASTECRM_DATABASE_{name}", value)

        assert main(["check-connections", "database", "--wait", "0s"]) == 0
        assert json.loads(capsys.readouterr().out)["database"]["tls"] is True
        assert asyncio.run(is_encrypted(server))
    finally:
        server.destroy()
