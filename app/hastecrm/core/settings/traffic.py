"""How networks, origins and rates are written in settings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")  # IPv4 as a socket that takes both shows it
_UNITS = {"s": 1, "m": 60, "h": 3600}
_RATE = re.compile(r"([1-9]\d{0,5})r/([smh])")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds, or with 0 requests no limit at all."""

    requests: int
    seconds: int = 1

    def __str__(self) -> str:
        """Return the notation of the settings."""
        names = {seconds: unit for unit, seconds in _UNITS.items()}
        return f"{self.requests}r/{names[self.seconds]}" if self.requests else "off"


def parse_rate(value: object) -> object:
    """Return the rate for `10r/s`, `5r/m`, `100r/h` or `off`."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return Rate(0)
    if (match := _RATE.fullmatch(value.strip())) is None:
        raise ValueError("must be a rate such as 10r/s, 5r/m or 100r/h, or off")
    return Rate(int(match[1]), _UNITS[match[2]])


def parse_network(text: str) -> Network:
    """Return a network, or the network of a single address; IPv4 in IPv6's clothes becomes IPv4."""
    try:
        network = ip_network(text)
    except ValueError as exc:
        raise ValueError(f"must be networks such as 10.0.0.0/8, and {text!r} is none ({exc})") from exc
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def parse_origin(text: str) -> str:
    """Return an origin exactly as browsers send it; raises ValueError for patterns, paths and `null`."""
    parts = urlsplit(text.lower())
    shown = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or shown != text.lower().rstrip("/"):
        raise ValueError(f"must be origins such as https://crm.example.com, and {text!r} is none")
    if "*" in text or "@" in text or not text.isascii():
        raise ValueError(f"must name each origin exactly, without patterns, not {text!r}")
    return shown.removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}")


def _list_of(parse: Callable[[str], Any]) -> BeforeValidator:
    def split(value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(parse(part.strip()) for part in value.split(",") if part.strip())

    return BeforeValidator(split)


Networks = Annotated[tuple[Network, ...], NoDecode, _list_of(parse_network)]
Origins = Annotated[tuple[str, ...], NoDecode, _list_of(parse_origin)]
RateLimit = Annotated[Rate, NoDecode, BeforeValidator(parse_rate)]
