"""The operator's own settings: environment variables that start with HASTECRM_OPERATOR_."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class OperatorSettings(BaseSettings):
    """All settings with their defaults; raises pydantic's ValidationError for a bad value."""

    model_config = SettingsConfigDict(env_prefix="HASTECRM_OPERATOR_", frozen=True)

    image_repository: str = Field(
        "ghcr.io/hastecrm", description="Where images come from unless a spec says so."
    )
    namespaces: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Namespaces to serve, separated by commas; empty = all of the cluster."
    )
    kubeconfig: str | None = Field(
        None, description="Path of a kubeconfig; empty = the pod's service account."
    )
    context: str | None = Field(None, description="Context within the kubeconfig; empty = its current one.")
    namespace: str = Field("hastecrm-system", description="Namespace that holds the lease.")
    identity: str = Field(
        "", description="Name of this process in the lease: the pod's name; empty = one of its own."
    )
    leader_election: bool = Field(True, description="Work only while holding the lease.")
    workers: int = Field(24, ge=1, le=256, description="Objects that are reconciled at once.")
    requests: int = Field(
        24,
        ge=1,
        le=512,
        description="Requests to the API server that may be under way at once; fewer while it pushes back.",
    )
    resync_seconds: float = Field(
        7200, ge=10, description="How often each object is looked at without a cause."
    )
    host: str = Field("0.0.0.0", description="Address of probes and metrics.")  # noqa: S104 - the kubelet asks
    port: int = Field(8080, ge=1, le=65535, description="Port of probes and metrics.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level to log.")
    log_json: bool = Field(True, description="JSON lines; false = coloured text for a terminal.")

    @field_validator("namespaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(n.strip() for n in value.split(",") if n.strip()) if isinstance(value, str) else value
