"""How mail leaves."""

from pydantic import BaseModel


class MailSettings(BaseModel):
    """The SMTP server that takes our messages."""
