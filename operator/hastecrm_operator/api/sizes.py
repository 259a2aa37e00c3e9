"""What containers ask for unless a spec says otherwise: one choice instead of twelve numbers."""

from typing import Final, Literal

from hastecrm_operator.api.computing import Resources, resources

Size = Literal["small", "medium", "large"]

# CPU request, memory request, memory limit. No CPU limit: it would only add latency.
_APPLICATION: Final[dict[Size, dict[str, Resources]]] = {
    "small": {
        "api": resources("100m", "128Mi", "256Mi"),
        "web": resources("50m", "96Mi", "192Mi"),
        "worker": resources("50m", "96Mi", "256Mi"),
    },
    "medium": {
        "api": resources("500m", "192Mi", "512Mi"),
        "web": resources("100m", "128Mi", "256Mi"),
        "worker": resources("250m", "128Mi", "512Mi"),
    },
    "large": {
        "api": resources("1", "256Mi", "1Gi"),
        "web": resources("250m", "192Mi", "384Mi"),
        "worker": resources("500m", "256Mi", "1Gi"),
    },
}
_DATABASE: Final[dict[Size, Resources]] = {
    "small": resources("100m", "256Mi", "1Gi"),
    "medium": resources("500m", "2Gi", "4Gi"),
    "large": resources("2", "8Gi", "16Gi"),
}


def application_resources(size: Size, tier: str) -> Resources:
    """Return what a container of `tier` (api, web or worker) asks for by default."""
    return _APPLICATION[size][tier]


def database_resources(size: Size) -> Resources:
    """Return what the managed database asks for by default."""
    return _DATABASE[size]
