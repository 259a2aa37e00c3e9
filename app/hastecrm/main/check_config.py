"""`hastecrm check-config`: what is missing, weak or unsafe in the settings, before anything starts."""

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from dotenv import dotenv_values

from hastecrm.core.settings import NEEDS, ROLES, ConfigurationError, Settings
from hastecrm.core.settings.audit import audit, unknown
from hastecrm.core.settings.file import FileSettings
from hastecrm.core.settings.findings import Finding, Level

_EXAMPLES = """\
examples:
  hastecrm check-config                                     the environment, for every role
  hastecrm check-config --role web                          for one role
  hastecrm check-config --env-file .env.production          a file, whatever the environment says
  hastecrm check-config --output json | jq .findings        for programs

exit code: 0 nothing wrong (there may be warnings), 1 something is wrong, 2 wrong usage
"""
_SIGNS = {Level.ERROR: "✗", Level.WARNING: "!"}


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, with the roles that it concerns, and how many settings each role reads."""

    findings: Mapping[Finding, Sequence[str]]
    settings_read: Mapping[str, int]

    def concerning(self, role: str, level: Level) -> int:
        """Return how many findings of a level concern a role."""
        return sum(role in roles and finding.level is level for finding, roles in self.findings.items())

    @property
    def ok(self) -> bool:
        """Whether production may start like this."""
        return all(finding.level is Level.WARNING for finding in self.findings)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--role", choices=[*ROLES, "all"], default="all", help="whose settings (default: all together)"
    )
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="check this file instead of the environment"
    )
    parser.add_argument(
        "--output", choices=["table", "json"], default="table", help="for people or for programs"
    )


def run(options: argparse.Namespace) -> int:
    """Print what was found; return 1 when it forbids production."""
    roles = ROLES if options.role == "all" else (options.role,)
    try:
        result = check(roles, options.env_file)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not text in UTF-8"
        sys.stderr.write(f"--env-file: {options.env_file} cannot be read: {reason}\n")
        return 2
    write = _as_json if options.output == "json" else _as_table
    sys.stdout.write(write(result))
    return 0 if result.ok else 1


def check(roles: Sequence[str], file: Path | None) -> Result:
    """Load the settings as each role would, and look at them all."""
    if file is not None:
        file.read_text(encoding="utf-8")  # pydantic-settings takes a file that is not there for an empty one
    found: dict[Finding, list[str]] = {}
    for role in roles:
        for finding in _of_role(role, file):
            found.setdefault(finding, []).append(role)
    for finding in unknown(_names(file)):
        found[finding] = list(roles)
    worst_first = sorted(found, key=lambda finding: finding.level is Level.WARNING)
    return Result(
        {finding: found[finding] for finding in worst_first},
        {role: len(NEEDS[role].fields) for role in roles},
    )


def _of_role(role: str, file: Path | None) -> Sequence[Finding]:
    reader = Settings if file is None else FileSettings
    try:
        return audit(reader.load(role, file=file), NEEDS[role].fields)
    except ConfigurationError as exc:
        # What can be read is judged as well, so that nobody has to come twice.
        unreadable = {finding.variable for finding in exc.findings}
        others = audit(reader.readable(file=file), NEEDS[role].fields)
        return [*exc.findings, *(finding for finding in others if finding.variable not in unreadable)]


def _names(file: Path | None) -> Iterable[str]:
    return os.environ if file is None else dotenv_values(file, interpolate=False)


def _as_json(result: Result) -> str:
    findings = [
        {
            "level": finding.level.value,
            "variable": finding.variable,
            "wrong": finding.wrong,
            "fix": finding.fix,
            "roles": roles,
        }
        for finding, roles in result.findings.items()
    ]
    counts = {
        role: {"settings": read, **{f"{level.value}s": result.concerning(role, level) for level in Level}}
        for role, read in result.settings_read.items()
    }
    body = {"ok": result.ok, "roles": counts, "findings": findings}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode() + "\n"


def _as_table(result: Result) -> str:
    width = max(60, min(120, shutil.get_terminal_size((100, 24)).columns))
    findings = "".join(_row(finding, roles, width) for finding, roles in result.findings.items())
    closing = "".join(_closing(result, role) for role in result.settings_read)
    return f"{findings}\n{closing}" if findings else closing


def _row(finding: Finding, roles: Sequence[str], width: int) -> str:
    head = f"{_SIGNS[finding.level]} {finding.variable:<32} {', '.join(roles)}\n"
    return head + _indented(finding.wrong, width) + _indented(f"→ {finding.fix}", width)


def _indented(text: str, width: int) -> str:
    return textwrap.fill(text, width, initial_indent="    ", subsequent_indent="    ") + "\n"


def _closing(result: Result, role: str) -> str:
    errors, warnings = (result.concerning(role, level) for level in Level)
    sign = _SIGNS[Level.ERROR] if errors else _SIGNS[Level.WARNING] if warnings else "✓"
    counts = f"{errors} wrong, {warnings} to look at" if errors or warnings else "nothing wrong"
    return f"{sign} {role:<8} {result.settings_read[role]} settings, {counts}\n"
