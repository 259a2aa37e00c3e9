"""What keeps the service up when others misbehave."""

from pydantic import BaseModel, Field

from hastecrm.core.settings.traffic import Networks, Rate, RateLimit


class ProtectionSettings(BaseModel):
    """Limits, proxies that are trusted, origins that may call."""

    graphql_introspection: bool = Field(
        False, description="Whether GraphQL tells its schema in production; in development it always does."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks whose `X-Forwarded-*` headers are believed, separated by commas; none."
    )
    rate_limit_api: RateLimit = Field(
        Rate(20), description="Requests to the API for each client, such as `10r/s`, `100r/m`, or `off`."
    )
    rate_limit_auth: RateLimit = Field(
        Rate(10, 60), description="Attempts to sign in for each client address, likewise."
    )
    rate_limit_burst: int = Field(
        60, ge=1, le=10_000, description="Requests that a client who was quiet may send at once."
    )
