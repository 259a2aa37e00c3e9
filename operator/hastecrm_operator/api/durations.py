"""Lengths of time as people write them: 500ms, 5s, 1m30s; longer ones as 12h, 7d or 2w."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"([0-9]+)(ms|s|m|h)")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_SENTENCE: Final = "must be a duration like 500ms, 5s or 1m30s"
_LONGEST: Final = (2**63 - 1) / 1e9  # the API server counts nanoseconds


def seconds(duration: str) -> float:
    """Return a duration in seconds; raises ValueError with a sentence for what is none."""
    if not _WHOLE.fullmatch(duration):
        raise ValueError(f"{duration!r} {_SENTENCE}")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(duration))


def _checked(duration: str) -> str:
    if not 0 < seconds(duration) <= _LONGEST:
        raise ValueError(f"{duration!r} {_SENTENCE}: more than nothing and less than 292 years")
    return duration


Duration = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 32,
            "x-kubernetes-validations": [
                {
                    "rule": r"self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) > duration('0s')",
                    "message": _SENTENCE,
                }
            ],
        }
    ),
]
"""A length of time greater than zero, such as 5s or 1m30s."""


def _checked_pause(duration: str) -> str:
    seconds(duration)
    return duration


Pause = Annotated[
    str,
    AfterValidator(_checked_pause),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 32,
            "x-kubernetes-validations": [
                {"rule": r"self.matches('^([0-9]+(ms|s|m|h))+$')", "message": _SENTENCE}
            ],
        }
    ),
]
"""A length of time that may be 0s."""


_LONG_UNITS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONG: Final = re.compile(r"([0-9]{1,6})([mhdw])")
_LONG_SENTENCE: Final = "must be a duration like 30m, 12h, 7d or 2w"


def long_seconds(duration: str) -> int:
    """Return a long duration in seconds; raises ValueError with a sentence for what is none."""
    match = _LONG.fullmatch(duration)
    if match is None or not int(match[1]):
        raise ValueError(f"{duration!r} {_LONG_SENTENCE}")
    return int(match[1]) * _LONG_UNITS[match[2]]


def long_seconds_in_cel(path: str) -> str:
    """Return the expression that gives the long duration at `path` in seconds to a rule."""
    count = f"int({path}.substring(0, {path}.size() - 1))"
    units = " : ".join(f"{path}.endsWith('{unit}') ? {length}" for unit, length in _LONG_UNITS.items())
    return f"{count} * ({units} : 0)"


def _checked_long(duration: str) -> str:
    long_seconds(duration)
    return duration


LongDuration = Annotated[
    str,
    AfterValidator(_checked_long),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 7,
            "x-kubernetes-validations": [
                {"rule": "self.matches('^0*[1-9][0-9]{0,5}[mhdw]$')", "message": _LONG_SENTENCE}
            ],
        }
    ),
]
"""A length of time greater than zero in minutes, hours, days or weeks, such as 7d."""
