"""Log lines of many pods, merged and readable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from rich.text import Text

_COLOURS: Final = (
    "cyan",
    "magenta",
    "yellow",
    "green",
    "blue",
    "bright_red",
    "bright_cyan",
    "bright_magenta",
)
_LEVELS: Final = {
    "debug": "dim",
    "info": "green",
    "warning": "yellow",
    "error": "bold red",
    "critical": "bold white on red",
}
_HEAD: Final = {"time", "level", "event", "role", "version", "exception", "stack"}
"""Fields that have a place of their own, or say what the pod's name says already."""


@dataclass(frozen=True)
class Line:
    """One line of one container; `time` is the node's, as RFC 3339."""

    time: str
    pod: str
    container: str
    text: str

    @classmethod
    def parse(cls, pod: str, container: str, line: str) -> "Line":
        """Return a line that the API server has put a time before."""
        time, _, text = line.partition(" ")
        return cls(time, pod, container, text)

    @property
    def fields(self) -> Mapping[str, Any] | None:
        """Return what a structured line says; None for any other."""
        if not self.text.startswith("{"):
            return None
        try:
            found = orjson.loads(self.text)
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict) else None


class Painter:
    """Gives each pod a colour of its own, and keeps the columns in line."""

    def __init__(self, crm: str, *, raw: bool = False) -> None:
        self._prefix = f"{crm}-"
        self._raw = raw
        self._colours: dict[str, str] = {}
        self._width = 0

    def paint(self, line: Line) -> Text:
        """Return a line as people read it."""
        colour = self._colours.setdefault(line.pod, _COLOURS[len(self._colours) % len(_COLOURS)])
        label = line.pod.removeprefix(self._prefix)
        self._width = max(self._width, len(label))
        said = None if self._raw else line.fields
        body = Text(line.text) if said is None else _structured(said)
        return Text.assemble((label.ljust(self._width), colour), " ", (line.time[11:23], "dim"), " ", body)


def _structured(said: Mapping[str, Any]) -> Text:
    level = str(said.get("level") or "")
    text = Text.assemble(
        (level.upper()[:5].ljust(5), _LEVELS.get(level, "")), " ", str(said.get("event", ""))
    )
    for name, value in said.items():
        if name not in _HEAD and value not in (None, ""):
            text.append(f" {name}=", style="dim")
            text.append(value if isinstance(value, str) else orjson.dumps(value).decode())
    for name in ("exception", "stack"):
        if said.get(name):
            text.append(f"\n{said[name]}", style="red")
    return text


def machine(line: Line) -> str:
    """Return a line as JSON: where it comes from, and what it says, as fields if it has some."""
    said = line.fields
    body = {"fields": said} if said is not None else {"text": line.text}
    return orjson.dumps({"time": line.time, "pod": line.pod, "container": line.container, **body}).decode()
