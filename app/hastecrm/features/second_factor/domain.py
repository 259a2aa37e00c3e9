"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes. No I/O, no clock."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

import pyotp

STEP: Final = 30  # seconds, what every authenticator app assumes
_DRIFT: Final = 1  # steps that a phone's clock may be off, each way (RFC 6238, 5.2)
_SECRET_BYTES: Final = 20  # as long as the output of SHA-1, which the apps use (RFC 4226, 4)
_CODE: Final = re.compile(r"[0-9]{6}")
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10  # 80 bits each: no guessing, so a fast hash is enough


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Someone's second factor: the secret, since when it counts, and the last step that was used up."""

    secret: bytes
    confirmed_at: datetime | None
    last_step: int

    @property
    def is_on(self) -> bool:
        """Whether signing in needs it."""
        return self.confirmed_at is not None


def place_of(user: UUID) -> str:
    """Return what someone's sealed secret is bound to."""
    return f"second factor of {user}"


def new_secret() -> bytes:
    """Return a secret for an authenticator app."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """Return the secret as people type it into an app."""
    return base64.b32encode(secret).decode("ascii")


def enrolment_uri(secret: bytes, email: str) -> str:
    """Return what the QR code says to the app."""
    label = quote(f"HasteCRM:{email}")
    return f"otpauth://totp/{label}?secret={shown_secret(secret)}&issuer=HasteCRM"


def matching_step(enrolment: Enrolment, code: str, now: datetime) -> int | None:
    """Return the step that a code belongs to, or None for a code that is wrong, too old, or used already.

    Whoever accepts the code stores the step: a code that was seen over a shoulder opens nothing.
    """
    given = code.replace(" ", "")
    if not _CODE.fullmatch(given):
        return None
    totp, current = pyotp.TOTP(shown_secret(enrolment.secret)), int(now.timestamp()) // STEP
    steps = range(max(enrolment.last_step + 1, current - _DRIFT), current + _DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), given)]
    return found[0] if found else None


def new_recovery_codes() -> Sequence[str]:
    """Return codes that each open the account once, without the app."""
    return [_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """Return what is stored of a recovery code, however it was typed."""
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def _grouped(random: bytes) -> str:
    text = base64.b32encode(random).decode("ascii")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
