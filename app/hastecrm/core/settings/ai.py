"""The language model that the CRM may ask."""

from pydantic import BaseModel, Field, SecretStr

from hastecrm.core.settings.values import URL, Seconds


class AISettings(BaseModel):
    """A server that speaks OpenAI's chat completions; without one nothing is sent anywhere."""

    ai_url: URL | None = Field(
        None,
        description="Its address before `/chat/completions`, such as `https://api.openai.com/v1`; no AI "
        "without it. One in a network of your own must be in HASTECRM_OUTBOUND_ALLOWED_NETWORKS.",
    )
    ai_model: str | None = Field(None, min_length=1, description="Name of the model there; needed with it.")
    ai_key: SecretStr | None = Field(None, description="Key, if the server asks for one.")
    ai_timeout: Seconds = Field(60.0, description="Longest that a text may take.")
