"""Keys, tokens and sign-in."""

from pydantic import BaseModel, Field

from hastecrm.core.settings.values import LongSecret


class IdentitySettings(BaseModel):
    """Who may come in, and what proves it."""

    access_token: LongSecret | None = Field(None, description="Bearer token of the API.")
    secret_key: LongSecret | None = Field(None, description="Signs the web tier's session cookies.")
