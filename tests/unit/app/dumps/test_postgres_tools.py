"""How PostgreSQL's programs are told about the database, and which servers they can read."""

from pathlib import Path

import pytest

from hastecrm.core.settings import Settings
from hastecrm.dumps.errors import ProgramMissingError, VersionMismatchError
from hastecrm.dumps.postgres_tools import check_version, environment, major_of


def tool(folder: Path, says: str) -> Path:
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("server", ["14.1", "15.20", "9.6.24"])
def test_an_older_or_equal_server_can_be_read(tmp_path: Path, server: str):
    check_version(tool(tmp_path, "pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"), server)


@pytest.mark.parametrize("server", ["16.0", "17.2", "19beta1"])
def test_a_newer_server_is_refused_with_the_way_out(tmp_path: Path, server: str):
    path = tool(tmp_path, "pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)")

    with pytest.raises(VersionMismatchError, match=rf"{server[:2]}.*15.*POSTGRES_MAJOR={server[:2]}"):
        check_version(path, server)


def test_a_program_of_somebody_else_s_is_no_pg_dump(tmp_path: Path):
    with pytest.raises(ProgramMissingError):
        major_of(tool(tmp_path, "hello"))


@pytest.mark.parametrize(
    ("mode", "file", "told"),
    [
        ("prefer", "ca", None),
        ("require", "ca", None),
        ("verify-full", "ca", "ca"),
        ("verify-full", None, "system"),
    ],
)
def test_authorities_are_named_where_they_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: str, file: str | None, told: str | None
):
    (tmp_path / "ca").touch()
    monkeypatch.setenv("SSL_CERT_FILE", "system")
    where = str(tmp_path / file) if file else None
    settings = Settings(database_host="db", database_ssl_mode=mode, database_ca_file=where)

    named = environment(settings).get("PGSSLROOTCERT")

    assert named == (where if told == "ca" else told)


def test_a_program_hears_only_of_its_own_database(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGPASSFILE", "/root/.pgpass")
    settings = Settings(database_host="db", database_password="secret of it")

    told = environment(settings, database="other")

    assert (told["PGHOST"], told["PGDATABASE"], told["PGPASSWORD"]) == (
        "db",
        "other",
        "secret of it",
    )
    assert "PGPASSFILE" not in told
    assert "hastecrm.system=on" in told["PGOPTIONS"]
