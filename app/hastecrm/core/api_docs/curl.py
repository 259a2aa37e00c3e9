"""A request of an operation as one types it. No I/O here."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from hastecrm.core.api_docs.reading import Described

_JSON: Final = "application/json"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_SIGNED_IN: Final = '  -H "Authorization: Bearer $KEY"'


def curl(operation: Described) -> str:
    """Return the command; `$CRM` is the address of the CRM and `$KEY` a token or an API key."""
    return " \\\n".join(_lines(operation))


def _lines(operation: Described) -> Iterator[str]:
    method = "" if operation.method == "GET" else f"-X {operation.method} "
    yield f'curl -sS {method}"$CRM{_path(operation)}"'
    if not operation.is_public:
        yield _SIGNED_IN
    if any(each["name"] == "Idempotency-Key" for each in operation.shown["parameters"]):
        yield '  -H "Idempotency-Key: $(uuidgen)"'
    if operation.body is None:
        return
    kind, schema = operation.body
    yield f"  -H {shlex.quote(f'Content-Type: {kind}')}"
    if kind == _JSON or kind.endswith("+json"):
        yield f"  -d {shlex.quote(json.dumps(operation.example(schema), ensure_ascii=False))}"
    else:
        yield "  --data-binary @file"


def _path(operation: Described) -> str:
    known = {each["name"]: each["schema"] for each in operation.shown["parameters"] if each["in"] == "path"}

    def value(match: re.Match[str]) -> str:
        return quote(str(operation.example(known.get(match[1], {}))), safe="")

    return _VARIABLE.sub(value, operation.path)
