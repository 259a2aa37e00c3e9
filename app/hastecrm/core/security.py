"""What protects every response, whatever feature it belongs to. No I/O here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web

# Nothing here ever needs a device, a sensor or a payment; a script that got in shall not either.
_NEVER = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
EVERYWHERE: Mapping[str, str] = MappingProxyType(
    {
        "Server": "hastecrm",  # no version: it would only help those who look for old ones
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _NEVER),
        "Cache-Control": "no-store",
    }
)
_HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def program_headers(*, secure: bool) -> Mapping[str, str]:
    """Return the headers of every answer to a program: one that a browser shows can do nothing at all."""
    policies = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    return with_transport({**EVERYWHERE, **policies}, secure=secure)


def with_transport(headers: Mapping[str, str], *, secure: bool) -> Mapping[str, str]:
    """Add HSTS, but only where the answers really go out over https."""
    return MappingProxyType({**headers, **_HSTS} if secure else {**headers})


# Which headers an application's answers carry; for those that none of its middlewares has seen.
HEADERS: Final[web.AppKey[Mapping[str, str]]] = web.AppKey("headers", Mapping)
API_HEADERS: Mapping[str, str] = program_headers(secure=False)
