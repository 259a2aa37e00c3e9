"""What an API key is. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

from hastecrm.core.api_keys import KEY_PREFIX

LIFETIME: Final = timedelta(days=365)  # unless another end, or none, is asked for
MOST: Final = 50  # keys of one member
_SHOWN: Final = len(KEY_PREFIX) + 6


@dataclass(frozen=True, slots=True)
class Draft:
    """A key that is to be made."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class APIKey:
    """A key as it is shown after it was made: without what makes it one."""

    id: UUID
    user_id: UUID
    name: str
    prefix: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def new_key() -> str:
    """Return a key of 256 random bits."""
    return KEY_PREFIX + token_urlsafe(32)


def prefix_of(key: str) -> str:
    """Return the beginning by which people tell keys apart."""
    return key[:_SHOWN]
