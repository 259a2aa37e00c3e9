"""Writes the list of passwords that everyone knows: `generate_known_passwords.py [--check]`.

Source: the frequency lists of zxcvbn (MIT licence), leaked passwords and common words, most frequent first.
Kept are all leaked passwords (disguises are taken off before looking) and the words that are long enough to
be passwords themselves; each as the first bytes of its SHA-256, sorted.
"""

import sys

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from generated_file import deliver_bytes
from hastecrm.core.password_rules import SHORTEST, digest

TARGET = "app/hastecrm/core/known_passwords.bin"


def words() -> set[str]:
    """Return what is in the list."""
    leaked = FREQUENCY_LISTS["passwords"]
    others = (word for words in FREQUENCY_LISTS.values() for word in words if len(word) >= SHORTEST)
    return {word.casefold() for word in (*leaked, *others)}


def data() -> bytes:
    """Return the file as it is committed."""
    found = words()
    long_enough = sum(len(word) >= SHORTEST for word in found)
    if long_enough < 3000:
        raise SystemExit("ASVS 5.0 6.2.4 asks for 3000 entries that satisfy the minimum length")
    return b"".join(sorted({digest(word) for word in found}))


if __name__ == "__main__":
    sys.exit(deliver_bytes(TARGET, data(), sys.argv[1:]))
