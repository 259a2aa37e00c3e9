"""What keeps the service up when others misbehave."""

from pydantic import BaseModel, Field

from hastecrm.core.settings.traffic import Networks, Origins, Rate, RateLimit
from hastecrm.core.settings.values import ReadableFile, Seconds


class ProtectionSettings(BaseModel):
    """Limits, proxies that are trusted, origins that may call."""

    graphql_introspection: bool = Field(
        False, description="Whether GraphQL tells its schema in production; in development it always does."
    )
    graphql_queries: ReadableFile | None = Field(
        None,
        description="JSON file of the only GraphQL queries that run, by their names (Relay's persisted "
        "queries or Apollo's manifest); any query runs without it.",
    )
    trusted_proxies: Networks = Field(
        (), description="Networks whose `X-Forwarded-*` headers are believed, separated by commas; none."
    )
    cors_origins: Origins = Field(
        (), description="Origins of other sites whose scripts may call the API, separated by commas; none."
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
    request_timeout: Seconds = Field(
        30.0, description="Longest until an answer begins; then the work is cancelled and the answer is 504."
    )
    request_head_timeout: Seconds = Field(
        15.0, description="Longest from a request's first byte to the end of its headers; then 408."
    )
    request_body_timeout: Seconds = Field(20.0, description="Longest a body may take to arrive; then 408.")
    request_stall_timeout: Seconds = Field(
        10.0, description="A connection that moves less than 1 KiB in this time, either way, is ended."
    )
    request_head_size: int = Field(
        32_768, ge=1024, le=1_048_576, description="Bytes of a request's line and headers at most; then 431."
    )
    max_connections: int = Field(
        1000, ge=10, le=100_000, description="Connections that a process holds at most; the next get 503."
    )
    max_connections_per_client: int = Field(
        100, ge=1, le=100_000, description="Connections of one address at most, unless it is a trusted proxy."
    )
