"""How single settings are parsed: durations, ports, addresses, secrets."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(value: object) -> object:
    """Return seconds for a number or a duration such as `1m30s`; leave anything else to pydantic."""
    if not isinstance(value, str) or not value or _DURATION.sub("", value.strip()):
        return value
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value))


def is_secret(annotation: Any) -> bool:
    """Return whether a field of this type must never be shown."""
    return annotation is SecretStr or any(is_secret(part) for part in get_args(annotation))


def revealed(secret: SecretStr | None) -> str | None:
    """Return the value of a secret that may not be set."""
    return None if secret is None else secret.get_secret_value()


def _readable(value: str) -> str:
    if not os.access(value, os.R_OK):
        raise ValueError("must be the path of a file that can be read")
    return value


def _readable_directory(value: str) -> str:
    if not Path(value).is_dir() or not os.access(value, os.R_OK | os.X_OK):
        raise ValueError("must be the path of a directory that can be read")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as http://hastecrm-api:8000")
    return value.rstrip("/")


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0, le=3600)]
# At least an hour: a session is renewed only when an access token ends, after an hour at the latest.
Idle = Annotated[float, BeforeValidator(parse_duration), Field(ge=3600, le=365 * 86400)]
Port = Annotated[int, Field(ge=1, le=65535)]
LongSecret = Annotated[SecretStr, Field(min_length=32)]
ReadableFile = Annotated[str, AfterValidator(_readable)]
ReadableDirectory = Annotated[str, AfterValidator(_readable_directory)]
URL = Annotated[str, AfterValidator(_http_url)]
Pause = Annotated[float, BeforeValidator(parse_duration), Field(ge=0, le=300)]
