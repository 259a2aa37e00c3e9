"""JSON as bytes, whatever the values contain: nothing that came from outside can make it fail."""

import json
from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
# Legal inside JSON strings, yet some readers of lines take them for line ends.
_LINE_ENDS = ((b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"), (b"\xc2\x85", rb"\u0085"))


def to_json(value: Any) -> bytes:
    """Return JSON; what JSON cannot say (also half a surrogate pair) is written as well as possible."""
    try:
        return orjson.dumps(value, default=repr, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=repr).encode("ascii")


def to_json_line(value: Any) -> bytes:
    """Return JSON that is one line for every reader, without the newline."""
    line = to_json(value)
    for raw, escaped in _LINE_ENDS:
        line = line.replace(raw, escaped)
    return line
