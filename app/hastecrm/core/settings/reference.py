"""The settings' reference page, written from the settings class: `python -m` this module prints it."""

import sys
from typing import Any, get_args

from pydantic import BaseModel

from hastecrm.core.settings import NEEDS, PREFIX, SUBJECTS
from hastecrm.core.settings.values import is_secret

_HEAD = """# Settings of the CRM

Generated from `hastecrm.core.settings` by `make generate`; do not edit.

Everything is set by environment variables. Durations are seconds, or a number with a unit such as `500ms`,
`5s`, `1m30s` or `7d`. An empty variable counts as unset. A value that cannot be used stops the command with
exit code 2 and one line that names the variable, what it must be, what it got and how to fix it.

"""
_TABLE = """
## {title}

| Variable | Default | Required by | Meaning |
|---|---|---|---|
"""


def reference() -> str:
    """Return the page."""
    return _HEAD + "".join(_section(subject) for subject in SUBJECTS if subject.model_fields)


def _section(subject: type[BaseModel]) -> str:
    rows = "".join(_row(name, field) for name, field in subject.model_fields.items())
    return _TABLE.format(title=str(subject.__doc__).rstrip(".")) + rows


def _row(name: str, field: Any) -> str:
    needed = ", ".join(command for command, needs in NEEDS.items() if name in needs.required)
    default = "" if field.default in (None, ()) else f"`{field.default}`"
    return f"| `{PREFIX}{name.upper()}` | {default} | {needed} | {field.description}{_extra(field)} |\n"


def _extra(field: Any) -> str:
    if is_secret(field.annotation):
        return " Secret."
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    return f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""


if __name__ == "__main__":
    sys.stdout.write(reference())
