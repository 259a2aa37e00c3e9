"""JSON as bytes, whatever the values contain: nothing that came from outside can make it fail."""

import json
import re
from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
# Legal inside JSON strings, yet some readers take them for line ends, and terminals for commands: DEL, C1
# controls, U+2028 and U+2029, and what turns the direction of text around or cannot be seen.
_HARMFUL = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf")


def to_json(value: Any) -> bytes:
    """Return JSON; what JSON cannot say (also half a surrogate pair) is written as well as possible."""
    try:
        return orjson.dumps(value, default=repr, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=repr).encode("ascii")


def to_json_line(value: Any) -> bytes:
    """Return JSON that is one harmless line for every reader, without the newline."""
    line = to_json(value)
    if line.isascii() and b"\x7f" not in line:
        return line
    return _HARMFUL.sub(_escaped, line)


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())
