"""Which passwords are taken: long, not known to everyone, not about oneself (ASVS 5.0, 6.2). No rules of
composition, no expiry. Reads the list of known passwords from package data; no other I/O here.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise
from typing import Final

from hastecrm.core.passwords import normalised

# ASVS asks for 8 and advises 15. A known password of 8 to 11 characters falls to guessing soonest, and a
# passphrase of three words has more than 12: that is what the message asks for.
SHORTEST: Final = 12
LONGEST: Final = 256  # ASVS: at least 64; the hash takes any length, a limit keeps bodies sensible
DIGEST_BYTES: Final = 6  # of SHA-256: among 50,000 entries one in five thousand million is taken for another
_ABOUT_SELF: Final = 4  # characters that a name needs to count as one
_OURS: Final = "hastecrm"
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_WORDS = re.compile(r"[^\W\d_]+")
_DISGUISES: Final = str.maketrans("013457@$!", "oieastasi")


def problems(password: str, *, about: Sequence[str] = ()) -> list[str]:
    """Return a sentence for each rule that the password breaks; `about` are the person's e-mail and names."""
    password = normalised(password)
    if len(password) < SHORTEST:
        return [f"must have at least {SHORTEST} characters; three or four words make a good password"]
    if len(password) > LONGEST:
        return [f"must have at most {LONGEST} characters"]
    folded = password.casefold()
    found = []
    if any(word in folded for word in _words_about(about)):
        found.append("must not contain your name, your e-mail address or the name of this product")
    if is_predictable(folded):
        found.append("is among the passwords that are tried first; choose one that nobody else would")
    return found


def is_predictable(folded: str) -> bool:
    """Whether a password is well known, also in the usual disguises: digits at its end, 0 for o, twice."""
    known = _known()
    return any(_is_run(form) or _contains(known, digest(form)) for form in _forms(folded))


def digest(word: str) -> bytes:
    """Return how a word is kept in the list: the list itself is no reading for anyone."""
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def _forms(folded: str) -> Iterator[str]:
    for form in (folded, _unit(folded)):
        yield form
        yield (stem := _EDGES.sub("", form))
        yield _unit(stem)
        yield _EDGES.sub("", form.translate(_DISGUISES))


def _unit(text: str) -> str:
    """Return what a text repeats, such as `abc` for `abcabcabc`; the text itself when it repeats nothing."""
    at = (text + text).find(text, 1)
    return text[:at] if text else text


def _is_run(form: str) -> bool:
    """Whether it is nothing but neighbours (`efghijkl`, `98765432`), or what a few keys repeated leave."""
    steps = {ord(right) - ord(left) for left, right in pairwise(form)}
    return len(form) <= _ABOUT_SELF or steps in ({1}, {-1})


def _words_about(about: Sequence[str]) -> Iterator[str]:
    yield _OURS
    for text in about:
        local = text.casefold().partition("@")[0]
        yield from (word for word in (local, *_WORDS.findall(local)) if len(word) >= _ABOUT_SELF)


def _known() -> bytes:
    # Read when a password is set, which is rare, and not kept.
    return (resources.files("hastecrm") / "core" / "known_passwords.bin").read_bytes()


def _contains(known: bytes, wanted: bytes) -> bool:
    entries = _Entries(known)
    at = bisect_left(entries, wanted)
    return at < len(entries) and entries[at] == wanted


class _Entries(Sequence[bytes]):
    """The list as a sequence, without making an object of each entry."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // DIGEST_BYTES

    def __getitem__(self, at: int) -> bytes:  # type: ignore[override] # bisect asks for no slices
        return self._data[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES]
