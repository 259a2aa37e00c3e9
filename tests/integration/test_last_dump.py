"""The script of a last dump, run by a real shell against a real server: every row, whoever owns it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from tests.factories.crm import crm, rendering
from tests.integration.servers import PASSWORD, Postgres

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm_operator.resources.final_backup import final_backup_job

ADD = "INSERT INTO contacts (workspace_id, id, first_name) VALUES ($1, gen_random_uuid(), $2)"
CONFIGURED = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'hastecrm%' AND proconfig IS NOT NULL"


@pytest.fixture
def dump(postgres: Postgres, own_database: str, tmp_path: Path) -> Path:
    return tmp_path / "acme.dump"


async def run(postgres: Postgres, database: str, dump: Path, told: Path) -> tuple[int, str]:
    [container] = final_backup_job(of := crm(), rendering(of), dump.name)["spec"]["template"]["spec"][
        "containers"
    ]
    script = container["command"][2].replace("/dev/termination-log", str(told))
    plain = {v["name"]: v["value"] for v in container["env"] if "value" in v}
    here = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGDATABASE": database,
        "PGSSLMODE": "disable",
    }
    own = {"PGUSER": "hastecrm", "PGPASSWORD": PASSWORD, "DUMP": str(dump)}
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", script, env=os.environ | plain | here | own, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    return process.returncode or 0, errors.decode()


async def restored(dump: Path, table: str) -> str:
    command = ["pg_restore", "--data-only", f"--table={table}", "--file=-", str(dump)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode()


async def test_every_row_is_in_the_dump_and_the_functions_are_as_before(
    postgres: Postgres, own_database: str, own_sql: Any, dump: Path, tmp_path: Path
):
    await own_sql.execute(ADD, DEFAULT_WORKSPACE, "Ada")
    before = await own_sql.fetchval(CONFIGURED)

    code, errors = await run(postgres, own_database, dump, tmp_path / "told")

    assert code == 0, errors
    assert "Ada" in await restored(dump, "contacts")
    assert '"tables": ' in (tmp_path / "told").read_text()
    assert await own_sql.fetchval(CONFIGURED) == before


async def test_a_dump_that_can_be_read_is_not_written_again(
    postgres: Postgres, own_database: str, own_sql: Any, dump: Path, tmp_path: Path
):
    assert (await run(postgres, own_database, dump, tmp_path / "told"))[0] == 0
    first = dump.read_bytes()
    await own_sql.execute(ADD, DEFAULT_WORKSPACE, "Late")

    assert (await run(postgres, own_database, dump, tmp_path / "told"))[0] == 0
    assert dump.read_bytes() == first


async def test_a_dump_that_fails_leaves_no_half_of_one(postgres: Postgres, dump: Path, tmp_path: Path):
    code, errors = await run(postgres, "missing", dump, tmp_path / "told")

    assert code != 0
    assert "missing" in errors
    assert not dump.exists()
