"""What every process that serves can be told."""

from typing import Literal

from pydantic import BaseModel, Field

from hastecrm.core.settings.values import URL, Pause, Port, Seconds


class ServerSettings(BaseModel):
    """Logs, ports, probes, and the way up and down."""

    release: str = Field(
        "", description="Name of this release, as the label `release` of the metrics tells it."
    )
    environment: Literal["production", "development"] = Field(
        "production", description="In development, error bodies show the chain of causes."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe event that is logged."
    )
    config_check: Literal["enforce", "warn"] = Field(
        "enforce",
        description="Whether weak or unsafe settings stop a process in production, or are only logged.",
    )
    log_sample_ratio: float = Field(
        1.0, ge=0, le=1, description="Share of successful requests that get a log line; all others always do."
    )
    log_slow_request: Seconds = Field(
        1.0, description="A request that takes longer is always logged, as a warning."
    )
    api_url: URL | None = Field(None, description="Where the web tier finds the API.")
    public_url: URL | None = Field(None, description="Address that browsers use; https turns on HSTS.")
    listen_host: str = Field("0.0.0.0", description="Address both ports bind to; `::` for IPv6.")  # noqa: S104 - a pod serves its whole network
    app_port: Port = Field(8000, description="Port of the application (api and web).")
    probe_port: Port = Field(9000, description="Port of probes and metrics.")
    readiness: Literal["strict", "degraded"] = Field(
        "strict", description="Whether a lost PostgreSQL (web: API) makes the pod unready or only degraded."
    )
    check_interval: Seconds = Field(1.0, description="Pause between two looks at each dependency.")
    drain_seconds: Pause = Field(3.0, description="How long a stopping pod goes on accepting requests.")
    shutdown_seconds: Seconds = Field(20.0, description="How long requests in flight may take to end.")
    termination_log: str = Field("/dev/termination-log", description="Where a Job leaves its report.")
