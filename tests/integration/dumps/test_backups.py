"""`hastecrm backups`: what people see of their dumps."""

import json
from pathlib import Path
from typing import Any

from tests.integration.dumps.running import NAME, backup, finished, left_in, started


async def test_dumps_are_listed_and_deleted(volume: dict[str, str], own_sql: Any, tmp_path: Path):
    only_place = {"HASTECRM_BACKUP_DIRECTORY": volume["HASTECRM_BACKUP_DIRECTORY"]}
    assert finished(started(only_place, "backups", "list")).output == "no dumps\n"
    assert backup(volume).code == 0

    table = finished(started(only_place, "backups", "list"))
    listed = finished(started(only_place, "backups", "list", "--output", "json"))

    assert (table.code, listed.code) == (0, 0)
    assert table.output.splitlines()[0].split() == [
        *("NAME", "TAKEN", "(UTC)", "BYTES", "ROWS", "SCHEMA", "ENCRYPTED", "VERIFIED")
    ]
    assert table.output.splitlines()[1].startswith(NAME)
    assert [each["name"] for each in json.loads(listed.output)["dumps"]] == [NAME]
    (tmp_path / "volume/sales-acme/torn.json").write_text("{")
    damaged = finished(started(only_place, "backups", "list"))
    assert damaged.code == 3
    assert "torn is no whole dump" in damaged.errors
    gone = finished(started(only_place, "backups", "delete", NAME, NAME))
    assert gone.code == 0
    assert left_in(tmp_path / "volume") == ["sales-acme/torn.json"]
