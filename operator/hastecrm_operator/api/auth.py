"""How people sign in, and how the application sends mail."""

from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.durations import (
    Duration,
    LongDuration,
    long_seconds,
    long_seconds_in_cel,
    seconds,
)
from hastecrm_operator.api.lists import Named
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.storage import SecretReference
from hastecrm_operator.api.texts import Address, MailAddress, ObjectName, ProviderName

_LIFE: Final = "auth.accessTokenTTL must be from 1m to 1h: a stolen token lives that long"
_SESSION: Final = "auth.refreshTokenTTL must be from 1h, the longest life of an access token, to 365d"
_SHORTEST, _LONGEST = 3600, 365 * 86400
_IN_SECONDS: Final = long_seconds_in_cel("self.refreshTokenTTL")


class OAuthProvider(Model):
    """One OpenID Connect provider that people may sign in with."""

    name: ProviderName = Field(description="Name of the provider, as it stands in URLs. Example: google.")
    secret_name: ObjectName = Field(
        description="Secret with the keys `issuer`, `clientId` and `clientSecret`, and `title` for people if "
        "you like. Example: crm-google."
    )


class AuthSpec(Model):
    """How people sign in."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "duration(self.accessTokenTTL) >= duration('1m') && duration(self.accessTokenTTL) <= "
                "duration('1h')",
                _LIFE,
            ),
            rule(f"{_IN_SECONDS} >= {_SHORTEST} && {_IN_SECONDS} <= {_LONGEST}", _SESSION),
        )
    )

    access_token_ttl: Duration = Field(
        "15m", alias="accessTokenTTL", description="Life of an access token. Default: 15m."
    )
    refresh_token_ttl: LongDuration = Field(
        "7d",
        alias="refreshTokenTTL",
        description="A session that was unused for so long ends; from 1h to 365d. A used one ends after 30 "
        "days, or after this time if it is longer. Default: 7d.",
    )
    email_verification: bool = Field(
        False,
        description="Whether people must confirm their address before they sign in; needs mail. Default: "
        "false.",
    )
    signup: Literal["invite", "open"] = Field(
        "invite",
        description="Who may make an account: people who were invited, or anybody who reads the mail of an "
        "address (open; needs mail), with a workspace of their own. Default: invite.",
    )
    oauth: Named[OAuthProvider] = Field(
        (),
        max_length=10,
        description="Providers of OpenID Connect.",
    )

    @model_validator(mode="after")
    def _token_life(self) -> Self:
        if not 60 <= seconds(self.access_token_ttl) <= 3600:
            raise ValueError(_LIFE)
        if not _SHORTEST <= long_seconds(self.refresh_token_ttl) <= _LONGEST:
            raise ValueError(_SESSION)
        return self


class MailCredentials(SecretReference):
    """How to sign in to the mail server."""

    secret_name: ObjectName = Field(
        description="Secret with the keys `username` and `password`. Example: crm-mail."
    )


_CA_NEEDS_TLS: Final = "mail.caSecretName needs tls: starttls or tls: tls; set one, or leave caSecretName out"


class MailSpec(Model):
    """The server that takes the application's mail."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("!has(self.caSecretName) || self.tls != 'none'", _CA_NEEDS_TLS))
    )

    host: Address = Field(description="Address of the mail server. Example: smtp.example.com.")
    port: int = Field(587, ge=1, le=65535, description="TCP port of the mail server. Default: 587.")
    sender: MailAddress = Field(alias="from", description="Sender of all mail. Example: crm@example.com.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="starttls = encrypted after a greeting; tls = encrypted from the start; none = plain "
        "text. "
        "Default: starttls.",
    )
    credentials: MailCredentials | None = Field(None, description="How to sign in; without it, nobody does.")
    ca_secret_name: ObjectName | None = Field(
        None, description="Secret with the key `ca.crt`: the authorities to trust. Example: crm-mail-ca."
    )

    @model_validator(mode="after")
    def _ca_is_used(self) -> Self:
        if self.ca_secret_name and self.tls == "none":
            raise ValueError(_CA_NEEDS_TLS)
        return self
