"""The application's image takes and reads dumps: PostgreSQL's programs are in it, with all that they load."""

import pytest


@pytest.mark.parametrize("program", ["pg_dump", "pg_restore", "psql"])
def test_the_programs_of_postgres_start(box, program):
    done = box("app").script(f"/usr/lib/postgresql/*/bin/{program} --version")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{program} (PostgreSQL) ")


def test_nothing_else_of_postgres_is_there(box):
    found = box("app").script("ls /usr/lib/postgresql/*/bin").stdout.split()

    assert found == ["pg_dump", "pg_restore", "psql"]


def test_a_backup_without_a_place_to_go_says_so(box):
    done = box("app").run("backup", HASTECRM_DATABASE_HOST="127.0.0.1")

    assert done.returncode == 2
    assert "HASTECRM_BACKUP_DIRECTORY" in done.stderr
