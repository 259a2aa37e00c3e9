"""Writes docs/reference/settings.md from the two settings classes; `--check` only compares."""

import sys

from generated_file import deliver
from hastecrm.core.settings.reference import reference
from hastecrm_operator.settings import OperatorSettings

_OPERATOR = """
# Settings of the operator

Environment variables of the operator's Deployment; `hastecrm-operator --settings` prints the same list.

| Variable | Default | Meaning |
|---|---|---|
"""


def operator_rows() -> str:
    """Return one table row for each setting of the operator."""
    prefix = OperatorSettings.model_config["env_prefix"]
    fields = OperatorSettings.model_fields.items()
    return "".join(
        f"| `{prefix}{name.upper()}` | {_default(field.get_default())} | {field.description} |\n"
        for name, field in fields
    )


def _default(value: object) -> str:
    return "" if value in (None, "", ()) else f"`{value}`"


if __name__ == "__main__":
    sys.exit(deliver("docs/reference/settings.md", reference() + _OPERATOR + operator_rows(), sys.argv[1:]))
