"""The `hastecrm` program: command line and settings here, one module per command beside it.

The only package that wires. A command's module is imported when it is asked for, so each role starts fast.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType, ModuleType

from hastecrm.core.settings import NEEDS, ConfigurationError, Settings
from hastecrm.core.settings.audit import refuse_unsafe

# Each is a module of this package, with `add_arguments(parser)` and `run`: of the settings and the options
# for those that have settings of their own (`NEEDS`), of the options alone for the others.
COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "api": "serve the REST API",
        "web": "serve the pages for people",
        "worker": "run the jobs",
        "migrate": "bring the database to this version's schema",
        "restore": "bring a dump back into a database beside the one in use",
        "verify": "prove a dump by restoring it",
        "swap": "put a restored database in the place of the one in use, or back",
        "anonymise": "replace people by invented ones in a restored database",
        "drop-database": "drop a database that a restore made or replaced",
        "schema": "print the schema contract of this version",
        "smoke": "try the API of a running system",
        "analysis": "judge a release by what its pods measure",
        "jobs": "show, retry and delete jobs",
        "backup": "dump the database to where dumps are kept",
        "backups": "show and delete dumps",
        "demo": "fill in invented contacts",
        "create-owner": "make the first account, which owns the installation",
        "check-connections": "see whether PostgreSQL and Redis can be used",
        "check-config": "find settings that are missing, weak or unsafe",
        "generate-secrets": "print strong values for the secrets",
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 for done, 1 for failed, 2 for wrong usage or settings."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given).parse_args(given)
    command = _module(options.command)
    if options.command not in NEEDS:
        return int(command.run(options))
    try:
        settings = Settings.load(options.command)
        refuse_unsafe(options.command, settings)
    except ConfigurationError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    return int(command.run(settings, options))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hastecrm",
        description="HasteCRM: one program, several roles.",
        epilog="`hastecrm COMMAND --help` shows examples. Settings come from HASTECRM_ variables.",
    )
    parser.add_argument("--version", action="version", version=version("hastecrm"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    chosen = next((word for word in given if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            _module(name).add_arguments(one)
    return parser


def _module(command: str) -> ModuleType:
    return import_module(f"hastecrm.main.{command.replace('-', '_')}")
