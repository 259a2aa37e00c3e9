"""Secrets that must be read again are stored sealed: AES-256-GCM, bound to what they belong to. No I/O here.

A sealed value is one byte for the format, eight for the key, twelve of nonce, then what AES-GCM makes. A
stolen table is worth nothing without the secret key, and a value moved to another row does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hastecrm.core.keys import Key, KeyRing
from hastecrm.core.settings import Settings

_FORMAT = b"\x01"
_KEY_BYTES = 8
_NONCE_BYTES = 12
_HEAD = len(_FORMAT) + _KEY_BYTES + _NONCE_BYTES


class SealError(Exception):
    """What was given was not sealed here, for this place, with a key that is still known."""


class Sealer:
    """Seals and opens secrets; `place` says what they belong to and must be the same both times."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        """Return the sealer of an installation."""
        return cls(KeyRing.of(settings, "sealing"))

    def seal(self, secret: bytes, place: str) -> bytes:
        """Return the secret in a form that may be stored."""
        key, nonce = self._ring.current, os.urandom(_NONCE_BYTES)
        head = _FORMAT + bytes.fromhex(key.id) + nonce
        return head + AESGCM(key.secret).encrypt(nonce, secret, _bound(head, place))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return the secret; raises `SealError`."""
        key, head = self._key(sealed), sealed[:_HEAD]
        try:
            return AESGCM(key.secret).decrypt(head[-_NONCE_BYTES:], sealed[_HEAD:], _bound(head, place))
        except InvalidTag as exc:
            raise SealError("the sealed value was changed or belongs to another place") from exc

    def is_current(self, sealed: bytes) -> bool:
        """Whether the current key sealed it; if not, seal it again at the next opportunity."""
        return self._key(sealed) is self._ring.current

    def older_beginnings(self) -> list[bytes]:
        """Return how values begin that a previous key sealed, so that a database can find them."""
        return [_FORMAT + bytes.fromhex(key.id) for key in self._ring.keys[1:]]

    def _key(self, sealed: bytes) -> Key:
        if len(sealed) <= _HEAD or not sealed.startswith(_FORMAT):
            raise SealError("this is no sealed value")
        if (key := self._ring.find(sealed[1 : 1 + _KEY_BYTES].hex())) is None:
            raise SealError("the key that sealed this value is not known any more")
        return key


def _bound(head: bytes, place: str) -> bytes:
    return head + place.encode()
