"""`hastecrm create-owner`: make the first account."""

import argparse
import asyncio
import getpass
import sys
from pathlib import Path

from hastecrm.core.bodies import parse_values
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.passwords import Passwords
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.domain import Origin
from hastecrm.features.accounts.schemas import SetUp
from hastecrm.features.accounts.service.profile import Owner, Setup
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_EXAMPLES = """\
examples:
  hastecrm create-owner --email ada@example.com --name 'Ada Lovelace'          asks for the password
  hastecrm create-owner --email ada@example.com --name Ada --password-file -   reads it from standard input

exit code: 0 made, 1 not made (there is an owner already, or no database), 2 something given is not valid
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--email", required=True, help="the e-mail address to sign in with")
    parser.add_argument("--name", required=True, help="what the person is called")
    parser.add_argument("--workspace", help="what the workspace shall be called")
    parser.add_argument("--password-file", metavar="FILE", help="holds the password; - for standard input")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the owner; return 0 when it is there."""
    try:
        owner = _owner(options).checked()
    except (CRMError, ValueError, OSError) as exc:
        return _say(_lines(exc), 2)
    try:
        asyncio.run(_make(settings, owner))
    except CRMError as exc:
        return _say([exc.detail], 1)
    sys.stdout.write(f"{owner.email} owns this installation now\n")
    return 0


def _owner(options: argparse.Namespace) -> Owner:
    given = {name: getattr(options, name) for name in ("email", "name", "workspace")}
    new = parse_values(SetUp, {**given, "password": _password(options.password_file)})
    return Owner(new.email, new.name, new.password, new.workspace)


def _password(file: str | None) -> str:
    if file is None:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise ValueError("the two passwords differ")
        return password
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    return text.removesuffix("\n")  # which every editor and `echo` adds


async def _make(settings: Settings, owner: Owner) -> None:
    database, passwords = Database.of(settings, "create-owner"), Passwords()
    await database.open()
    try:
        await Setup(database, passwords, utc_now, DEFAULT_WORKSPACE)(
            owner, Origin(None, "hastecrm create-owner")
        )
    finally:
        await passwords.close()
        await database.close()


def _lines(exc: Exception) -> list[str]:
    if isinstance(exc, CRMError) and exc.errors:
        return [f"{problem.where.removeprefix('/')}: {problem.detail}" for problem in exc.errors]
    return [str(exc)]


def _say(lines: list[str], code: int) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return code
