"""The text of an environment file while its secret key is being replaced; the file is never written."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from dotenv import dotenv_values

from hastecrm.core.settings.audit import variable

_KEY = variable("secret_key")
_PREVIOUS = variable("secret_key_previous")
_LINE = re.compile(rf"^[ \t]*(?:export[ \t]+)?(?:{_KEY}|{_PREVIOUS})[ \t]*=.*\n?", re.MULTILINE)


class Step(StrEnum):
    """What is to be done to the two keys."""

    NOW = "now"  # a new key signs at once, the present one becomes the previous one
    ANNOUNCE = "announce"  # a new key is accepted everywhere before anything is signed with it
    SWAP = "swap"  # the announced key signs, the present one becomes the previous one
    FINISH = "finish"  # only the present key is accepted


class FileError(Exception):
    """The file is not one in which the key can be replaced."""


def rotated(path: Path, step: Step, new: str) -> tuple[str, Sequence[str]]:
    """Return the file's text after the step, and what a person should know; raises `FileError`."""
    try:
        text = path.read_text(encoding="utf-8")
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not text in UTF-8"
        raise FileError(f"{path} cannot be read: {reason}") from exc
    present, previous = values.get(_KEY), values.get(_PREVIOUS)
    if not present:
        raise FileError(f"{path} has no {_KEY} that could be replaced")
    key, other, warnings = _after(step, present, previous, new)
    return _with_keys(text, key, other), warnings


def _after(step: Step, present: str, previous: str | None, new: str) -> tuple[str, str | None, Sequence[str]]:
    dropped = [f"the value of {_PREVIOUS} until now is not accepted any more"] if previous else []
    if step is Step.NOW:
        return new, present, dropped
    if step is Step.ANNOUNCE:
        return present, new, dropped
    if previous is None or not previous:
        raise FileError(f"{_PREVIOUS} is not set: there is nothing to {step.value}")
    if step is Step.SWAP:
        return previous, present, []
    return present, None, dropped


def _with_keys(text: str, key: str, previous: str | None) -> str:
    """Put both lines where the first of the old ones was, and leave everything else as it stands."""
    lines = f"{_KEY}={key}\n" + (f"{_PREVIOUS}={previous}\n" if previous else "")
    replacements = iter([lines])
    return _LINE.sub(lambda _: next(replacements, ""), text)
