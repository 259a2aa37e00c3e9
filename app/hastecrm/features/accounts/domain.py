"""What an account is, and the rules of signing in. No I/O, no clock."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from uuid import UUID

Network = IPv4Network | IPv6Network

GRACE: Final = timedelta(seconds=10)  # two tabs that refresh at once are no theft
RESET_LIFE: Final = timedelta(minutes=30)
VERIFY_LIFE: Final = timedelta(hours=24)
SIGN_UP_LIFE: Final = timedelta(hours=24)
SIGN_UP_LETTERS: Final = 5  # to one address, as long as no day passes without one
LETTER_PAUSE: Final = timedelta(minutes=1)  # between two letters of one purpose to one person
KNOWN_FOR: Final = timedelta(days=90)  # after a sign-in, its network counts as the person's own for so long
DEVICE_LENGTH: Final = 400
EVERYWHERE: Final = ip_network("0.0.0.0/0")
# What a customer of an internet provider has at least; an attacker has more addresses than one, too.
_PREFIXES: Final = {4: 24, 6: 56}
_FORGOTTEN_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: UUID
    email: str
    name: str
    time_zone: str
    locale: str
    password_hash: str | None
    email_verified_at: datetime | None
    disabled_at: datetime | None

    @property
    def hash_to_check(self) -> str | None:
        """What a password is checked against; None where no password may fit."""
        return None if self.disabled_at is not None else self.password_hash

    @property
    def about(self) -> Sequence[str]:
        """What their password must not be made of."""
        return (self.email, self.name)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that someone belongs to."""

    id: UUID
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the network address if it is known, and what the device calls itself."""

    address: str | None
    device: str = ""

    @property
    def network(self) -> Network:
        """The network that failures are counted for."""
        if self.address is None:
            return EVERYWHERE
        address = ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None) or address
        return ip_network((mapped, _PREFIXES[mapped.version]), strict=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A device that someone is signed in on."""

    id: UUID
    device: str
    address: str | None
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client is given to work with."""

    access_token: str
    expires_in: int
    refresh_token: str
    workspace: UUID | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened."""

    tokens: Tokens
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone who has been let in."""

    user: User
    opened: Opened


@dataclass(frozen=True, slots=True)
class Me:
    """Someone, and the workspaces that they belong to."""

    user: User
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Someone who was invited: the token of the invitation, and who they want to be."""

    invitation: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Founder:
    """Someone who was not invited: the token of the mailed link, who they are, and their own workspace."""

    token: str
    name: str
    password: str
    workspace: str


class Purpose(StrEnum):
    """What a link in a mail is for."""

    RESET = "reset"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures cost nothing, and how long the wait may grow that doubles with each further one."""

    free: int
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """Return the wait after so many failures."""
        beyond = failures - self.free
        return min(self.longest, timedelta(seconds=2.0 ** min(beyond, 30))) if beyond >= 0 else timedelta(0)


# From one network: one guess each 15 minutes in the end, about 100 a day. From everywhere else together (many
# machines that share the work): at most 300 a day more. People forget their password less often than that.
ONE_NETWORK: Final = Patience(free=8, longest=timedelta(minutes=15))
ALL_NETWORKS: Final = Patience(free=100, longest=timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is remembered about the tries on one account from one network, or from all of them."""

    network: Network
    failures: int
    last_at: datetime
    blocked_until: datetime | None

    @property
    def patience(self) -> Patience:
        """The rule that applies."""
        return ALL_NETWORKS if self.network == EVERYWHERE else ONE_NETWORK

    def wait(self, now: datetime) -> timedelta:
        """Return how long the next try has to wait."""
        return max(timedelta(0), self.blocked_until - now) if self.blocked_until else timedelta(0)

    def tried(self, now: datetime) -> "Attempts":
        """Return what is to be remembered of one more try, which counts as failed until it succeeds."""
        failures = 1 if now - self.last_at > _FORGOTTEN_AFTER else self.failures + 1
        wait = self.patience.wait_after(failures)
        return replace(self, failures=failures, last_at=now, blocked_until=now + wait if wait else None)


def account_key(email: str) -> bytes:
    """Return what stands for an e-mail address, whether or not anyone has it."""
    return hashlib.sha256(email.strip().lower().encode("utf-8", "surrogatepass")).digest()


def token_hash(token: str) -> bytes:
    """Return what is stored of a token of 256 random bits: it needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
