"""What is wrong with limits, networks, origins and the life of credentials."""

from typing import Any

_ORIGIN = "must be an origin like https://portal.example.com: no path, and no * (calls carry credentials)"
_RATE = "must be a rate per second, minute or hour, like 10r/s, 5r/m or 100r/h"
_NETWORK = "must be a network like 10.0.0.0/8 or fd00::/8"


def _limits(**limits: Any) -> dict[str, Any]:
    return {"security": {"rateLimits": limits}}


def _origin(origin: str) -> dict[str, Any]:
    return {"security": {"corsOrigins": [origin]}}


def _network(cidr: str) -> dict[str, Any]:
    return {"security": {"egress": [{"cidr": cidr}]}}


SECURITY: dict[str, tuple[dict[str, Any], str]] = {
    "any page may call": (_origin("*"), _ORIGIN),
    "any page of a domain may call": (_origin("https://*.example.com"), _ORIGIN),
    "a page instead of an origin": (_origin("https://portal.example.com/start"), _ORIGIN),
    "an origin without a scheme": (_origin("portal.example.com"), _ORIGIN),
    "an origin twice": ({"security": {"corsOrigins": ["https://a.example"] * 2}}, "Duplicate value"),
    "a rate without a unit": (_limits(api="10"), _RATE),
    "a rate per day": (_limits(auth="10r/d"), _RATE),
    "a rate of nothing": (_limits(auth="0r/s"), _RATE),
    "a rate in fractions": (_limits(api="0.5r/s"), _RATE),
    "no burst": (_limits(burst=0), "spec.security.rateLimits.burst"),
    "a network without a length": (_network("10.0.0.0"), _NETWORK),
    "a network that is too long": (_network("10.0.0.0/33"), _NETWORK),
    "an address out of range": (_network("10.0.0.256/32"), _NETWORK),
    "a network of version 6 out of range": (_network("fd00::/129"), _NETWORK),
    "a name instead of a network": (_network("example.com"), _NETWORK),
    "a proxy that is no network": ({"security": {"trustedProxies": ["traefik"]}}, _NETWORK),
    "a port of zero": (
        {"security": {"egress": [{"cidr": "10.0.0.0/8", "port": 0}]}},
        "spec.security.egress[0].port",
    ),
    "a rotation each minute": (
        {"credentials": {"rotateEvery": "59m"}},
        "credentials.rotateEvery must not be less than 1h",
    ),
    "a rotation in words": (
        {"credentials": {"rotateEvery": "monthly"}},
        "must be a duration like 30m, 12h, 7d or 2w",
    ),
    "a rotation of nothing": ({"credentials": {"rotateEvery": "0d"}}, "must be a duration like 30m"),
}
