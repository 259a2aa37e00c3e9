"""What is written to people. No I/O here."""

from datetime import datetime

from hastecrm.core.mail import Letter
from hastecrm.features.accounts.domain import RESET_LIFE, SIGN_UP_LIFE, VERIFY_LIFE, User

_FOOT = "\n\nIf you did not ask for this, you need not do anything.\n"


def reset_letter(user: User, site: str, token: str, now: datetime) -> Letter:
    """Return the letter with the link to a new password."""
    # The pages need no script, so the token travels where they can read it; it works once, for minutes.
    link, end = f"{site}/reset-password?token={token}", now + RESET_LIFE
    minutes = int(RESET_LIFE.total_seconds() // 60)
    text = (
        f"Hello {user.name},\n\nset a new password for HasteCRM here:\n\n{link}\n\n"
        f"The link works once, within {minutes} minutes."
    )
    return Letter(user.email, "Set a new password", text + _FOOT, good_until=end)


def verification_letter(user: User, site: str, token: str, now: datetime) -> Letter:
    """Return the letter with the link that proves an e-mail address."""
    link, end = f"{site}/verify-email?token={token}", now + VERIFY_LIFE
    hours = int(VERIFY_LIFE.total_seconds() // 3600)
    text = (
        f"Hello {user.name},\n\nconfirm that this is your e-mail address:\n\n{link}\n\n"
        f"The link works once, within {hours} hours."
    )
    return Letter(user.email, "Confirm your e-mail address", text + _FOOT, good_until=end)


def sign_up_letter(email: str, site: str, token: str, now: datetime) -> Letter:
    """Return the letter with the link to a new account."""
    hours = int(SIGN_UP_LIFE.total_seconds() // 3600)
    text = (
        f"Hello,\n\nmake your HasteCRM account here:\n\n{site}/sign-up?token={token}\n\n"
        f"The link works within {hours} hours."
    )
    return Letter(email, "Make your account", text + _FOOT, good_until=now + SIGN_UP_LIFE)


def known_letter(user: User, site: str) -> Letter:
    """Return the letter to someone who wants an account and has one."""
    text = (
        f"Hello {user.name},\n\nyou asked for a HasteCRM account and have one already. Sign in here:\n\n"
        f"{site}/login\n\nor set a new password:\n\n{site}/forgot-password"
    )
    return Letter(user.email, "You have an account already", text + _FOOT)


def changed_letter(user: User) -> Letter:
    """Return the note that a password was changed."""
    text = (
        f"Hello {user.name},\n\nthe password of your HasteCRM account was changed just now, and your other "
        "devices were signed out.\n\nIf that was not you, set a new password at once and tell whoever runs "
        "your CRM.\n"
    )
    return Letter(user.email, "Your password was changed", text)
