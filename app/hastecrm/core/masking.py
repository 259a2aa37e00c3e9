"""Nothing secret and nothing endless gets into a log or a record. No I/O here."""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

MASK: Final = "***"
LONGEST: Final = 4_096  # characters of one value
LONGEST_TRACEBACK: Final = 32_768
_MOST_ITEMS = 100
_DEEPEST = 6
_SECRET_KEYS = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|api_?key|private_?key", re.IGNORECASE
)
_NAMED = re.compile(
    r"((?:password|passwd|passphrase|secret|token|authorization|cookie|api_?key)[\"']?\s*[:=]\s*)"
    r"(?:(?:Bearer|Basic)\s+)?[\"']?[^\s\"',;&]+",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*){0,2}")
_SUSPICIOUS = re.compile(r"[:=]|eyJ|bearer|basic", re.IGNORECASE)
_PLAIN = frozenset({int, float, bool, type(None), UUID})
# Made by this program itself, for every line: looking into them would only cost time.
_OWN = frozenset(
    {"time", "level", "role", "version", "request_id", "trace_id", "method", "route", "status", "duration_ms"}
)
Event = MutableMapping[str, Any]


def mask_patterns(text: str) -> str:
    """Return text without what looks like a secret: beside a telling name, in an address, or a token."""
    if _SUSPICIOUS.search(text) is None:
        return text
    text = _NAMED.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1{MASK}@", text))
    return _JWT.sub(MASK, _BEARER.sub(rf"\1 {MASK}", text))


class Masker:
    """Hide secrets: values under a telling key, what looks like one, and the known ones wherever they are."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = [secret for secret in secrets if secret]
        self._secrets = tuple(dict.fromkeys([*known, *(quote(secret, safe="") for secret in known)]))

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """Return the event without secrets and of bounded size (a structlog processor)."""
        for key, value in event.items():
            if key not in _OWN:
                event[key] = self._member(key, value, _DEEPEST)
        return event

    def clean(self, text: str, longest: int = LONGEST) -> str:
        """Return the text without secrets, and cut where it is longer than anyone would read."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        if len(text) > longest:
            text = f"{text[:longest]}… ({len(text) - longest} more characters)"
        return mask_patterns(text)

    def _member(self, key: str, value: object, depth: int) -> object:
        if _is_telling(key):
            return MASK
        if key == "exception" and isinstance(value, str):
            return self.clean(value, LONGEST_TRACEBACK)
        return self._value(value, depth)

    def _value(self, value: object, depth: int) -> object:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, str):
            return self.clean(str(value))
        if depth == 0 or not isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._text(value)
        if isinstance(value, Mapping):
            members = [(self.clean(str(key)), each) for key, each in list(value.items())[:_MOST_ITEMS]]
            return {key: self._member(key, each, depth - 1) for key, each in members}
        return [self._value(each, depth - 1) for each in list(value)[:_MOST_ITEMS]]

    def _text(self, value: object) -> str:
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, timedelta):
            return str(value)
        try:
            return self.clean(repr(value))
        except Exception:  # noqa: BLE001 - a value that cannot show itself must not cost the line
            return f"<a {type(value).__name__} without a text>"


@lru_cache(1024)
def _is_telling(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None
