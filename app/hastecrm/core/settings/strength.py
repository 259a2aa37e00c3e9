"""How hard a secret is to guess, estimated from its text alone. No I/O here."""

import re
from collections import Counter
from math import log2

# What guessers try first; shorter words would occur in random text by chance.
_WORDS = (
    "changeme",
    "change-me",
    "change_me",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "passphrase",
    "secret",
    "s3cret",
    "example",
    "default",
    "replace",
    "insecure",
    "placeholder",
    "hastecrm",
    "postgres",
    "redis",
    "letmein",
    "welcome",
    "qwerty",
    "asdfgh",
    "access-token",
    "your-",
)
_KNOWN = re.compile("|".join(map(re.escape, _WORDS)), re.IGNORECASE)


def guessing_bits(value: str) -> float:
    """Return about how many bits a guesser lacks; known words, repetition and sequences count for nothing.

    Generous: text that a person made up is easier to guess than this says. What was drawn at random keeps
    nearly all of its bits.
    """
    left = _without_runs(_unit(_KNOWN.sub("", value)))
    if not left:
        return 0.0
    shares = [count / len(left) for count in Counter(left).values()]
    return len(left) * -sum(share * log2(share) for share in shares)


def _unit(value: str) -> str:
    """Return the shortest beginning that the whole value is a repetition of."""
    for length in range(1, len(value) // 2 + 1):
        if (value[:length] * (len(value) // length + 1)).startswith(value):
            return value[:length]
    return value


def _without_runs(value: str) -> str:
    """Leave out each character that goes on as the two before it did: `aaa`, `abc`, `321`."""
    codes = [ord(character) for character in value]
    kept = list(value[:2])
    for third in range(2, len(codes)):
        step = codes[third] - codes[third - 1]
        if abs(step) > 1 or step != codes[third - 1] - codes[third - 2]:
            kept.append(value[third])
    return "".join(kept)
