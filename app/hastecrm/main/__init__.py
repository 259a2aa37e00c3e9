"""The `hastecrm` program: command line and settings here, one module per command beside it.

The only package that wires. A command's module is imported when it is asked for, so each role starts fast.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from hastecrm.core.settings import ConfigurationError, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 for done, 1 for failed, 2 for wrong usage or settings."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.load(options.command)
    except ConfigurationError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    code: int = import_module(f"hastecrm.main.{options.command}").run(settings, options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hastecrm", description="HasteCRM: one program, several roles.")
    parser.add_argument("--version", action="version", version=version("hastecrm"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("api", help="serve the REST API")
    commands.add_parser("web", help="serve the pages for people")
    commands.add_parser("worker", help="run the jobs")
    migrate = commands.add_parser("migrate", help="bring the database to this version's schema")
    migrate.add_argument("--plan", action="store_true", help="only say what would run")
    commands.add_parser("schema", help="print the schema contract of this version")
    smoke = commands.add_parser("smoke", help="try the API of a running system")
    smoke.add_argument("url", metavar="URL", help="address of the API, such as http://127.0.0.1:8000")
    demo = commands.add_parser("demo", help="fill in invented contacts")
    demo.add_argument("--contacts", type=int, default=200, metavar="N", help="how many (default 200)")
    return parser
