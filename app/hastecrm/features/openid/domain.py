"""Providers, tries to sign in through them, and whom they vouch for. No I/O, no clock."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

ATTEMPT_LIFE: Final = timedelta(minutes=10)  # between leaving for the provider and coming back
TICKET_LIFE: Final = timedelta(minutes=5)  # between coming back and the second factor
# What a provider may sign with: nothing symmetric, and never "none".
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider that the installation trusts."""

    name: str  # in addresses
    title: str  # for people
    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid email profile"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in that is under way at the provider; only we can read it until it comes back."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    ends: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for."""

    provider: str
    subject: str
    email: str | None
    email_verified: bool


def is_ours(redirect_uri: str, public_url: str | None) -> bool:
    """Whether an address to come back to is one of this installation's pages."""
    parts = urlsplit(redirect_uri)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment or parts.username:
        return False
    return public_url is None or f"{parts.scheme}://{parts.netloc}" == public_url.rstrip("/")
