"""Where spans go."""

from importlib.util import find_spec
from typing import Final

from pydantic import BaseModel, Field

from hastecrm.core.settings.values import URL

_EXTRA: Final = ("sdk.trace", "exporter.otlp.proto.http", "instrumentation.asyncpg")


class TelemetrySettings(BaseModel):
    """Tracing with OpenTelemetry."""

    otlp_endpoint: URL | None = Field(
        None, description="OTLP/HTTP collector such as http://collector:4318; needs the extra `otel`."
    )
    otlp_sample_ratio: float = Field(
        1.0, ge=0, le=1, description="Share of the requests without a caller's own decision that is traced."
    )


def has_extra() -> bool:
    """Whether the packages of the extra `otel` are installed; imports none of them."""
    try:
        return all(find_spec(f"opentelemetry.{name}") is not None for name in _EXTRA)
    except (ImportError, ValueError):
        return False
