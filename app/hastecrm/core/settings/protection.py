"""What keeps the service up when others misbehave."""

from pydantic import BaseModel, Field


class ProtectionSettings(BaseModel):
    """Limits, proxies that are trusted, origins that may call."""

    graphql_introspection: bool = Field(
        False, description="Whether GraphQL tells its schema in production; in development it always does."
    )
