"""The link between the host and a cluster's network namespace, and the way out for its pods."""

import ipaddress
import subprocess
from pathlib import Path

from .errors import DevclusterError
from .layout import Addresses

_ROUTES = Path("/proc/net/route")
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
_INTERFACES = Path("/sys/class/net")
_BROAD_PREFIX = 12  # a host's 10.0.0.0/8 may lose one /16 to a cluster; a narrower network may not


def host_networks() -> list[ipaddress.IPv4Network]:
    """Return the networks to which the host has a route of its own, so that clusters keep off them."""
    lines = _ROUTES.read_text().splitlines()[1:] if _ROUTES.exists() else []
    networks = (_network(*line.split()[1:8:6]) for line in lines)
    return [network for network in networks if network.prefixlen >= _BROAD_PREFIX]


def other_nodes(addresses: Addresses) -> bool:
    """Return whether this host has links to the nodes of other clusters."""
    return any(link.name != addresses.link for link in _INTERFACES.glob("hcrm*"))


def connect(addresses: Addresses, namespace_process: int) -> None:
    """Make the link and the routes unless they exist; the node then reaches host, pods and world."""
    if not (_INTERFACES / addresses.link).exists():
        peer = ("peer", "name", "eth0", "netns", str(namespace_process))
        _run("ip", "link", "add", addresses.link, "type", "veth", *peer)
        _run("ip", "address", "add", f"{addresses.gateway}/30", "dev", addresses.link)
        _inside(namespace_process, "ip", "link", "set", "lo", "up")
        _inside(namespace_process, "ip", "address", "add", f"{addresses.node}/30", "dev", "eth0")
        _inside(namespace_process, "ip", "link", "set", "eth0", "up")
        _run("ip", "link", "set", addresses.link, "up")
        _inside(namespace_process, "ip", "route", "replace", "default", "via", addresses.gateway)
        _inside(namespace_process, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    _run("ip", "route", "replace", str(addresses.network), "via", addresses.node)


def open_world(addresses: Addresses, memory: Path) -> None:
    """Let pods reach what the host reaches; remember in `memory` what has to be undone."""
    _run("nft", "-f", "-", text=_masquerade(addresses))
    if _FORWARD.read_text().strip() == "0":
        _FORWARD.write_text("1")
        memory.write_text("0")


def disconnect(addresses: Addresses, memory: Path) -> None:
    """Remove link, routes and rules; repeatable, and without effect on other clusters."""
    # The kernel takes the link away by itself once the node is gone, maybe between a look and this.
    subprocess.run(["ip", "link", "delete", addresses.link], capture_output=True, check=False)
    if (_INTERFACES / addresses.link).exists():
        raise DevclusterError(f"the link {addresses.link} is still there after its deletion")
    subprocess.run(["nft", "delete", "table", "ip", addresses.link], capture_output=True, check=False)
    if memory.exists() and not other_nodes(addresses):
        _FORWARD.write_text(memory.read_text())
        memory.unlink()


def _masquerade(addresses: Addresses) -> str:
    own = addresses.network
    return f"""
        table ip {addresses.link} {{
          chain out {{
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {own} ip daddr != {own} oifname != "{addresses.link}" masquerade
          }}
        }}
    """


def _network(destination: str, mask: str) -> ipaddress.IPv4Network:
    # The kernel prints both as little-endian hexadecimal numbers.
    address, netmask = (ipaddress.IPv4Address(bytes.fromhex(part)[::-1]) for part in (destination, mask))
    return ipaddress.IPv4Network(f"{address}/{netmask}", strict=False)


def _inside(process: int, *argv: str) -> None:
    _run("nsenter", "--target", str(process), "--net", "--", *argv)


def _run(*argv: str, text: str = "") -> None:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DevclusterError(f"`{' '.join(argv)}` failed: {reason}")
