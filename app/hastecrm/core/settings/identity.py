"""Keys, tokens and sign-in."""

from typing import Literal

from pydantic import BaseModel, Field

from hastecrm.core.settings.values import Idle, LongSecret, ReadableDirectory, ReadableFile, Seconds


class IdentitySettings(BaseModel):
    """Who may come in, and what proves it."""

    access_token: LongSecret | None = Field(None, description="Bearer token of the API.")
    access_token_previous: LongSecret | None = Field(
        None, description="The access token before this one, accepted while it is being replaced."
    )
    secret_key: LongSecret | None = Field(
        None, description="Keys of tokens, cookies and stored secrets are derived from it."
    )
    secret_key_previous: LongSecret | None = Field(
        None, description="The secret key before this one, accepted while it is being replaced."
    )
    token_lifetime: Seconds = Field(900.0, description="How long an access token is good for.")
    session_idle: Idle = Field(
        7 * 86400.0, description="A session unused for so long has ended; such as `12h` or `7d`."
    )
    session_days: int = Field(30, ge=1, le=365, description="The end of a session, however it is used.")
    email_verification: bool = Field(
        False, description="Whether people sign in only after they followed the link in a mail."
    )
    signup: Literal["invite", "open"] = Field(
        "invite",
        description="Who may make an account: people who were `invite`d, or anybody who reads the mail of an "
        "address (`open`), with a workspace of their own.",
    )
    openid_file: ReadableFile | None = Field(
        None, description="JSON file that names the OpenID providers to sign in with; it holds secrets."
    )
    openid_directory: ReadableDirectory | None = Field(
        None,
        description="Directory with a folder for each OpenID provider, as Kubernetes mounts Secrets: the "
        "files issuer, clientId, clientSecret and, if you like, title.",
    )
