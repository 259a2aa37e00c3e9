"""Keys for single purposes, all derived from the installation's secret key. No I/O here.

While a secret key is being replaced there are two: the current one makes, both are accepted.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hastecrm.core.settings import Settings

_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key of 256 bits, and the fingerprint that names it without telling it."""

    id: str
    secret: bytes

    @classmethod
    def derived(cls, secret_key: str, purpose: str) -> Self:
        """Return the key for one purpose (HKDF, RFC 5869): none of them tells anything about another."""
        secret = HKDF(SHA256(), _BYTES, salt=None, info=f"hastecrm {purpose}".encode()).derive(
            secret_key.encode()
        )
        return cls(hashlib.sha256(b"id of " + secret).hexdigest()[:16], secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys for one purpose: the current one first."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, settings: Settings, purpose: str) -> Self:
        """Derive them from `secret_key` and, if it is set, `secret_key_previous`."""
        assert settings.secret_key is not None, "required by the settings of this role"  # noqa: S101
        found = [settings.secret_key, settings.secret_key_previous]
        texts = [secret.get_secret_value() for secret in found if secret is not None]
        return cls(tuple(Key.derived(text, purpose) for text in texts))

    @property
    def current(self) -> Key:
        """The key that makes what is new."""
        return self.keys[0]

    def find(self, key_id: object) -> Key | None:
        """Return the key with this fingerprint, if it is one of ours."""
        return next((key for key in self.keys if key.id == key_id), None)
