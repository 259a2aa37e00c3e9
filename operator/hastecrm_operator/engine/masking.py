"""Takes secrets out of text that others wrote, by what they look like. Pure.

The operator never holds the values of Secrets, so it cannot look for them. What is masked without need costs
a reader little; what is not masked can be read by everybody who may see the object.
"""

import re
from typing import Final

_MASK: Final = "***"
_NAMES: Final = (
    r"passw(?:or)?d|passwd|pwd|secret|token|(?:api|access|private)[_-]?key|credential|signature|cookie"
)
_QUOTED: Final = r"\"(?:[^\"\\]|\\.){0,2000}\"|'(?:[^'\\]|\\.){0,2000}'"
# Every repetition has an end, so that no text can keep the operator busy.
_RULES: Final = (
    # A private key, even when the end was cut off.
    (re.compile(r"-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|\Z)", re.DOTALL), _MASK),
    # scheme://user:password@host: everything up to the last @, passwords may hold one.
    (
        re.compile(r"([a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,200}):[^\s\"']{0,500}@", re.IGNORECASE),
        rf"\1:{_MASK}@",
    ),
    (re.compile(r"\b(bearer|basic|negotiate)\s{1,8}[\w.~+/=-]+", re.IGNORECASE), rf"\1 {_MASK}"),
    # authorization: anything up to the end of the line or the quote.
    (
        re.compile(r"(authorization[\"']?\s{0,8}[:=]\s{0,8})[^\n\"']+", re.IGNORECASE),
        rf"\1{_MASK}",
    ),
    (
        re.compile(
            rf"((?:{_NAMES})[\w.-]{{0,64}}[\"']?\s{{0,8}}(?:=>|[:=])\s{{0,8}})(?:{_QUOTED}|[^\s,;&}}\])]+)",
            re.IGNORECASE,
        ),
        rf"\1{_MASK}",
    ),
    # Servers speak like this: PASSWORD 'x'.
    (re.compile(rf"(\bpassword\s{{1,8}})(?:{_QUOTED})", re.IGNORECASE), rf"\1{_MASK}"),
)
_LONG_HEX: Final = re.compile(r"(?<!sha256:)(?<![0-9a-zA-Z])[0-9a-fA-F]{32,}(?![0-9a-zA-Z])")
_LONG_WORD: Final = re.compile(r"(?<![\w+/=-])[\w+/=-]{20,}")
_LONG, _VERY_LONG = 20, 40
_CAPITALS: Final = 0.2  # of random letters half are; of words in a row, each first one


def mask(text: str) -> str:
    """Return the text without what looks like a secret; masking twice changes nothing more."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _LONG_HEX.sub(_MASK, text)
    return _LONG_WORD.sub(lambda match: _MASK if _is_random(match[0]) else match[0], text)


def _is_random(word: str) -> bool:
    # Names of objects have no capitals, and the parts of a path are short.
    return any(len(part) >= _LONG and _is_mixed(part) for part in word.split("/"))


def _is_mixed(part: str) -> bool:
    capitals = sum(map(str.isupper, part))
    if not capitals or not any(map(str.islower, part)):
        return False
    return any(map(str.isdigit, part)) or (len(part) >= _VERY_LONG and capitals >= _CAPITALS * len(part))
