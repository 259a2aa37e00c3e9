"""`hastecrm generate-secrets`: strong values for every secret that is ours to choose, on standard output."""

import argparse
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from hastecrm.core.settings import PREFIX
from hastecrm.core.settings.audit import variable
from hastecrm.core.settings.rotation import FileError, Step, rotated
from hastecrm.core.settings.secrets import GENERATED

_EXAMPLES = """\
examples:
  hastecrm generate-secrets                                    one line for each secret
  hastecrm generate-secrets >> .env.production                 added to a file (lines that stand below win)
  hastecrm generate-secrets --only HASTECRM_REDIS_PASSWORD     only this one
  hastecrm generate-secrets --format kubernetes --name crm-env | kubectl apply -f -
  hastecrm generate-secrets --rotate .env.production > next    the file with a new HASTECRM_SECRET_KEY

Each value has 256 bits from the operating system's generator. Nothing is written but standard output. How to
replace a secret that is in use, without downtime: docs/how-to/rotate-secrets.md
"""
_BYTES = 32
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
DEFAULT_NAME = "hastecrm-env"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--format", choices=sorted(_FORMATS), default="env", help="default: env")
    parser.add_argument(
        "--only",
        nargs="+",
        type=_one_of_ours,
        metavar="NAME",
        help=f"only these, of {', '.join(map(variable, GENERATED))}",
    )
    parser.add_argument("--name", type=_object_name, help=f"name of the Kubernetes Secret ({DEFAULT_NAME})")
    parser.add_argument("--rotate", type=Path, metavar="FILE", help="print this file with a new secret key")
    parser.add_argument(
        "--step",
        type=Step,
        choices=list(Step),
        metavar="STEP",
        help="with --rotate: now (default), or one after another: announce, swap, finish",
    )


def run(options: argparse.Namespace) -> int:
    """Print the values; return 2 where options contradict each other or would lose a file."""
    if (problem := _contradiction(options)) is not None:
        sys.stderr.write(f"hastecrm generate-secrets: {problem}\n")
        return 2
    if options.rotate is None:
        values = {variable(name): new_secret() for name in options.only or GENERATED}
        sys.stdout.write(_FORMATS[options.format](values, options.name or DEFAULT_NAME))
        return 0
    try:
        text, warnings = rotated(options.rotate, options.step or Step.NOW, new_secret())
    except FileError as exc:
        sys.stderr.write(f"hastecrm generate-secrets: {exc}\n")
        return 2
    sys.stderr.write("".join(f"{warning}\n" for warning in warnings))
    sys.stdout.write(text)
    return 0


def new_secret() -> str:
    """Return 256 bits as 43 characters that no shell, file or URL treats specially."""
    return secrets.token_urlsafe(_BYTES)


def _contradiction(options: argparse.Namespace) -> str | None:
    if options.rotate is None:
        if options.step is not None:
            return "--step belongs to --rotate"
        if options.name is not None and options.format != "kubernetes":
            return "--name belongs to --format kubernetes"
        return None
    if options.only is not None or options.name is not None or options.format != "env":
        return "--rotate prints the file that it was given: no --only, --name or --format beside it"
    if _is_standard_output(options.rotate):
        return f"standard output must not be {options.rotate} itself: send it to another file, then move that"
    return None


def _is_standard_output(path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _one_of_ours(given: str) -> str:
    name = given.upper().removeprefix(PREFIX).lower()
    if name not in GENERATED:
        raise argparse.ArgumentTypeError(
            f"{given} is not generated here; choose from {', '.join(map(variable, GENERATED))}"
        )
    return name


def _object_name(given: str) -> str:
    if not _NAME.fullmatch(given):
        raise argparse.ArgumentTypeError(f"{given!r}: lower-case letters, digits, - and . only")
    return given


def _as_env(values: Mapping[str, str], _name: str) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _as_json(values: Mapping[str, str], _name: str) -> str:
    return orjson.dumps(dict(values), option=orjson.OPT_INDENT_2).decode() + "\n"


def _as_manifest(values: Mapping[str, str], name: str) -> str:
    lines = ["apiVersion: v1", "kind: Secret", "metadata:", f"  name: {name}", "type: Opaque", "stringData:"]
    return "\n".join([*lines, *(f'  {key}: "{value}"' for key, value in values.items())]) + "\n"


_FORMATS: Mapping[str, Callable[[Mapping[str, str], str], str]] = {
    "env": _as_env,
    "json": _as_json,
    "kubernetes": _as_manifest,
}
