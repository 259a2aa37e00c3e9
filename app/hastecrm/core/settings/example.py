"""The commented environment file for production, written from the settings class. No I/O here."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from hastecrm.core.settings import NEEDS, PREFIX, ROLES, SUBJECTS
from hastecrm.core.settings.values import is_secret

_HEAD = """\
# Every setting of the CRM in production. Generated from its settings class by `make generate`; do not edit.
#
#   cp .env.production.example .env.production; chmod 600 .env.production
#   hastecrm generate-secrets                         # values for the secrets
#   hastecrm check-config --env-file .env.production  # what is missing, weak or unsafe
#
# A line with `=` and nothing behind it must be filled in for the commands that it names. A line that begins
# with `#HASTECRM_` shows the default; remove the `#` to change it. Values stand as they are: no quotes, no
# comment behind them, so that Docker, systemd and a shell read the same.
"""
_WIDTH = 108


def example() -> str:
    """Return the file: grouped by subject, everything explained, no secret filled in."""
    return _HEAD + "".join(_section(subject) for subject in SUBJECTS if subject.model_fields)


def _section(subject: type[BaseModel]) -> str:
    title = str(subject.__doc__).partition("\n")[0].rstrip(".")
    rule = f"# {'-' * (_WIDTH - 2)}"
    entries = "".join(_entry(name, field) for name, field in subject.model_fields.items())
    return f"\n{rule}\n# {title}\n{rule}\n{entries}"


def _entry(name: str, field: Any) -> str:
    required = [role for role in ROLES if name in NEEDS[role].required]
    told = _comment(str(field.description)) + _comment(" ".join(_facts(name, field, required)))
    return f"\n{told}{'' if required else '#'}{PREFIX}{name.upper()}={shown(field.default)}\n"


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _facts(name: str, field: Any, required: Sequence[str]) -> Iterator[str]:
    if is_secret(field.annotation):
        yield "Secret."
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        yield f"One of {', '.join(choices)}."
    if required:
        yield f"Required by {', '.join(required)}."
    else:
        yield f"Default: {shown(field.default)}." if shown(field.default) else "No default."
    readers = [role for role in ROLES if name in NEEDS[role].fields]
    others = [role for role in readers or NEEDS if name in NEEDS[role].fields and role not in required]
    if others:
        yield f"{'Also read' if required else 'Read'} by {', '.join(others)}."


def shown(default: object) -> str:
    """Return a default as a variable would hold it; nothing for None."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | list | frozenset | set):
        return ",".join(str(each) for each in default)
    return f"{default:g}" if isinstance(default, float) else str(default)
