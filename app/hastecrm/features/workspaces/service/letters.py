"""What is written to people who are invited. No I/O here."""

from hastecrm.core.mail import Letter
from hastecrm.features.workspaces.domain import INVITATION_LIFE, Invitation


def invitation_letter(invitation: Invitation, workspace: str, link: str) -> Letter:
    """Return the letter with the link that lets someone into a workspace."""
    text = (
        f"Hello,\n\nyou are invited to work in {workspace} with HasteCRM:\n\n{link}\n\n"
        f"The link works once, within {INVITATION_LIFE.days} days, for this e-mail address.\n\n"
        "If you do not know who that is, you need not do anything.\n"
    )
    subject = f"Invitation to {workspace}"
    return Letter(invitation.email, subject, text, good_until=invitation.expires_at)
