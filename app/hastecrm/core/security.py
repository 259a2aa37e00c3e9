"""What protects every response, whatever feature it belongs to."""

from collections.abc import Mapping
from types import MappingProxyType

API_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Server": "hastecrm",  # no version: it would only help those who look for old ones
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
