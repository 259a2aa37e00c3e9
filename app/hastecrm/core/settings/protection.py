"""What keeps the service up when others misbehave."""

from pydantic import BaseModel


class ProtectionSettings(BaseModel):
    """Limits, proxies that are trusted, origins that may call."""
