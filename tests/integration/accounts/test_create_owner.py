"""`hastecrm create-owner`, as people and scripts run it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.accounts.clients import PASSWORD
from tests.integration.servers import Postgres


def create_owner(postgres: Postgres, database: str, *options: str, text: str = "") -> Any:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HASTECRM_")}
    return subprocess.run(
        [str(Path(sys.executable).parent / "hastecrm"), "create-owner", *options],
        env={**clean, **postgres.environment(database)},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_owner_is_made_once_with_the_password_from_standard_input(
    postgres: Postgres, own_database: str
) -> None:
    options = ("--email", "ada@example.com", "--name", "Ada", "--password-file", "-")
    first = create_owner(postgres, own_database, *options, text=f"{PASSWORD}\n")
    second = create_owner(postgres, own_database, *options, text=f"{PASSWORD}\n")

    assert (first.returncode, first.stdout) == (0, "ada@example.com owns this installation now\n")
    assert (second.returncode, second.stdout) == (1, "")
    assert "has an owner already" in second.stderr
    assert "Traceback" not in first.stderr + second.stderr


def test_what_is_wrong_is_said_in_a_line_without_the_password(postgres: Postgres, own_database: str) -> None:
    options = ("--email", "ada", "--name", "Ada", "--password-file", "-")
    wrong = create_owner(postgres, own_database, *options, text=PASSWORD)
    options = ("--email", "ada@example.com", "--name", "Ada", "--password-file", "-")
    weak = create_owner(postgres, own_database, *options, text="manchester2024")
    missing = create_owner(postgres, own_database, *options[:-1], "/nowhere")

    assert (wrong.returncode, weak.returncode, missing.returncode) == (2, 2, 2)
    assert wrong.stderr == "email: must be an e-mail address such as ada@example.com\n"
    assert weak.stderr.startswith("password: is among the passwords that are tried first")
    assert "manchester2024" not in weak.stderr
    assert "/nowhere" in missing.stderr
