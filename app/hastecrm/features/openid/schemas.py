"""Signing in through providers as JSON, and the file that names them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from hastecrm.core.bodies import BODY, SHOWN, Line
from hastecrm.core.settings.values import URL
from hastecrm.features.openid.domain import Provider

_Short = Annotated[Line, Field(min_length=1, max_length=200)]
_Long = Annotated[Line, Field(min_length=1, max_length=4096)]


class ProviderEntry(BaseModel):
    """One provider in the file that `HASTECRM_OPENID_FILE` names."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    title: str = Field(min_length=1, max_length=60)
    issuer: URL
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    scopes: str = "openid email profile"

    def provider(self) -> Provider:
        """Return the provider."""
        secret = self.client_secret.get_secret_value()
        return Provider(self.name, self.title, self.issuer, self.client_id, secret, self.scopes)


PROVIDERS = TypeAdapter(list[ProviderEntry])


class Start(BaseModel):
    """Where the browser shall come back to."""

    model_config = BODY

    redirect_uri: Annotated[Line, Field(min_length=1, max_length=2000)]


class Finish(BaseModel):
    """What the browser brought back, and the attempt that it left with."""

    model_config = BODY

    attempt: _Long
    state: _Short
    code: _Long


class Redeem(BaseModel):
    """The ticket, and the second factor of those who have one."""

    model_config = BODY

    ticket: _Long
    code: _Short | None = None
    recovery_code: _Short | None = None


class ShownProvider(BaseModel):
    """A provider that people can choose."""

    model_config = SHOWN

    name: str
    title: str


class ShownProviders(BaseModel):
    """All of them."""

    model_config = SHOWN

    items: list[ShownProvider]


class ShownStart(BaseModel):
    """Where to send the browser, and what it has to bring back."""

    model_config = SHOWN

    url: str
    attempt: str


class ShownOpenIDTicket(BaseModel):
    """Good for one account, for a few minutes."""

    model_config = SHOWN

    ticket: str
