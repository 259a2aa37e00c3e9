"""Lengths of time as people write them: 500ms, 5s, 1m30s."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"([0-9]+)(ms|s|m|h)")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")
_SENTENCE: Final = "must be a duration like 500ms, 5s or 1m30s"


def seconds(duration: str) -> float:
    """Return a duration in seconds; raises ValueError with a sentence for what is none."""
    if not _WHOLE.fullmatch(duration):
        raise ValueError(f"{duration!r} {_SENTENCE}")
    return sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(duration))


def _checked(duration: str) -> str:
    if seconds(duration) <= 0:
        raise ValueError(f"{duration!r} must be more than nothing; write for example 5s")
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
