"""What an erasure is, and how it knows an address again without keeping it. No I/O here."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from hastecrm.core.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is left of somebody: that they were erased, when, by whom, and how much it was."""

    id: UUID
    contact_id: UUID
    actor_id: UUID | None
    removed: Mapping[str, int]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Digests:
    """Keyed hashes of addresses: equal for equal ones, and of no use to whoever lacks the secret key."""

    keys: KeyRing

    def of(self, workspace: UUID | None, email: str) -> bytes:
        """Return the hash that is stored."""
        return _digest(self.keys.current.secret, workspace, email)

    def all_of(self, workspace: UUID | None, email: str) -> list[bytes]:
        """Return the hashes that it may be stored as, while the secret key is being replaced."""
        return [_digest(key.secret, workspace, email) for key in self.keys.keys]


def is_confirmed(contact: Mapping[str, Any], confirm: str) -> bool:
    """Whether a text is the name of a contact or, where it has none, its address."""
    return " ".join(confirm.split()).casefold() == shown_name(contact).casefold()


def shown_name(contact: Mapping[str, Any]) -> str:
    """Return the name of a contact as people read it, else the address."""
    names = " ".join(f"{contact['first_name'] or ''} {contact['last_name'] or ''}".split())
    return names or contact["email"] or ""


def _digest(key: bytes, workspace: UUID | None, email: str) -> bytes:
    return hmac.digest(key, f"{workspace}:{email.strip().lower()}".encode(), sha256)
