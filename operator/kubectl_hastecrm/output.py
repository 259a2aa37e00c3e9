"""Where words go: tables and colours for a terminal, plain columns for a pipe, JSON and YAML for machines."""

import io
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import IO, Annotated, Any, Final

import orjson
import typer
import yaml
from rich.console import Console, RenderableType
from rich.theme import Theme

from kubectl_hastecrm.problems import Exit, Problem

_THEME: Final = Theme(
    {
        "good": "green",
        "bad": "bold red",
        "busy": "yellow",
        "quiet": "dim",
        "name": "bold cyan",
        "fix": "bold",
        "heading": "bold",
        "added": "green",
        "removed": "red",
    }
)
_ENDLESS: Final = 10_000  # columns: a pipe has no edge at which to wrap


class Format(StrEnum):
    """How to write."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[
    Format,
    typer.Option("--output", "-o", help="text for people, json or yaml for machines.", show_default=True),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def console_for(stream: IO[str]) -> Console:
    """Return a console: coloured on a terminal (NO_COLOR turns it off), plain and unwrapped in a pipe."""
    width = None if stream.isatty() else _ENDLESS
    return Console(file=stream, theme=_THEME, width=width, highlight=False, soft_wrap=False)


def show(*parts: RenderableType) -> None:
    """Write to standard output."""
    console = console_for(sys.stdout)
    for part in parts:
        if console.is_terminal:
            console.print(part)
        else:
            sys.stdout.write(plain(part))


def plain(part: RenderableType) -> str:
    """Return what a pipe gets to read."""
    console = Console(file=io.StringIO(), theme=_THEME, width=_ENDLESS, highlight=False, color_system=None)
    with console.capture() as captured:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())  # columns are padded


def tell(text: str) -> None:
    """Write a remark to standard error, so that it is never taken for the answer."""
    console_for(sys.stderr).print(text)


def dump(value: Any, form: Format) -> None:
    """Write a value as JSON or YAML."""
    if form is Format.JSON:
        sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def tidy(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what only the API server reads."""
    meta = {k: v for k, v in body["metadata"].items() if k != "managedFields"}
    return {**body, "metadata": meta}


def require_yes(question: str, *, yes: bool) -> None:
    """Ask a person; raises Problem when the answer is no, or nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Problem("this needs an answer and there is no terminal to ask on: add --yes", Exit.DECLINED)
    if not typer.confirm(question, err=True):
        raise Problem("nothing was changed", Exit.DECLINED)
