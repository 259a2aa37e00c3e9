"""The key that dumps are encrypted with: an age identity, `AGE-SECRET-KEY-1…`, in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hastecrm.dumps.errors import KeyInvalidError


@dataclass(frozen=True, slots=True)
class Key:
    """Opens dumps; what only closes them is worked out from it."""

    identity: Any = None

    @property
    def recipient(self) -> Any:
        """What dumps are encrypted for."""
        return self.identity.to_public()


def read_key(path: str | None) -> Key | None:
    """Return the key of the file, None without a file; raise `KeyInvalidError`, which shows nothing of it."""
    if path is None:
        return None
    import pyrage  # noqa: PLC0415 - a native library that only encrypted dumps need

    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeError) as exc:
        raise KeyInvalidError(f"{path}: cannot be read as a key: {type(exc).__name__}") from exc
    # As `age-keygen` writes it: comments, empty lines, the key.
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1:
        raise KeyInvalidError(f"{path}: needs one line with a key, has {len(lines)}; `age-keygen` writes one")
    try:
        return Key(pyrage.x25519.Identity.from_str(lines[0]))
    except pyrage.IdentityError as exc:
        wrong = (
            "is a public key; the secret one is needed" if lines[0].startswith("age1") else "is no age key"
        )
        raise KeyInvalidError(f"{path}: {wrong} (AGE-SECRET-KEY-1…); `age-keygen` writes one") from exc
