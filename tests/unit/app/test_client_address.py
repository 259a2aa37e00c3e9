"""Whom a request comes from, whatever it says about itself."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.client_address import MAX_HOPS, TrustedProxies, parse_address
from hastecrm.core.settings.traffic import parse_network

PODS = "10.244.0.0/16"
PROXY = ip_address("10.244.0.7")
TRUSTED = TrustedProxies([parse_network(PODS), parse_network("fd00::/8")])

outside = st.ip_addresses().filter(
    lambda address: (
        address not in TRUSTED
        and getattr(address, "ipv4_mapped", None) is None
        and getattr(address, "scope_id", None) is None
    )
)
proxies = st.integers(1, 65_000).map(lambda number: ip_address("10.244.0.0") + number)
anything = st.lists(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60), max_size=5
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("  192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:51234", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ],
)
def test_proxies_write_addresses_in_several_ways(written: str, meant: str) -> None:
    assert parse_address(written) == ip_address(meant)


@pytest.mark.parametrize(
    "written",
    ["", "unknown", "_hidden", "localhost", "192.0.2.256", "192.0.2.1:port", "192.0.2.1:", "[192.0.2.1", "1",
     "fe80::1%eth0", "::1%25", "[2001:db8::1]x", "0x7f.0.0.1", "127.1", "192.0.2.01", "[]"],
)  # fmt: skip
def test_what_is_no_address_is_none(written: str) -> None:
    assert parse_address(written) is None


@given(anything)
def test_without_trusted_proxies_nothing_that_is_sent_matters(sent: list[str]) -> None:
    peer = IPv4Address("192.0.2.9")

    assert TrustedProxies().origin(peer, sent) == peer


@given(outside, anything)
def test_a_peer_that_is_no_proxy_speaks_only_for_itself(
    peer: IPv4Address | IPv6Address, sent: list[str]
) -> None:
    assert TRUSTED.origin(peer, sent) == peer


@given(anything, outside, st.lists(proxies, max_size=5))
def test_what_a_client_writes_before_the_proxies_do_changes_nothing(
    forged: list[str], client: IPv4Address | IPv6Address, behind: list[IPv4Address]
) -> None:
    written = [", ".join(map(str, (client, *behind)))]

    assert TRUSTED.origin(PROXY, [*forged, *written]) == client
    assert TRUSTED.origin(PROXY, [",".join((*forged, *written))]) == client


@given(anything)
def test_whatever_comes_the_answer_is_the_peer_or_an_address_that_was_written(sent: list[str]) -> None:
    found = TRUSTED.origin(PROXY, sent)

    written = {parse_address(part) for part in ",".join(sent).split(",")}
    assert found == PROXY or found in written


def test_a_malformed_entry_ends_the_search_at_the_last_good_one() -> None:
    assert TRUSTED.origin(PROXY, ["192.0.2.1, nonsense, 10.244.0.3"]) == ip_address("10.244.0.3")
    assert TRUSTED.origin(PROXY, ["192.0.2.1, nonsense"]) == PROXY
    assert TRUSTED.origin(PROXY, ["192.0.2.1,"]) == PROXY


def test_a_client_inside_the_trusted_networks_is_found_too() -> None:
    assert TRUSTED.origin(PROXY, ["10.244.9.9, 10.244.0.3"]) == ip_address("10.244.9.9")


def test_a_chain_longer_than_any_real_one_is_not_followed() -> None:
    chain = ["192.0.2.1", *["10.244.0.3"] * MAX_HOPS]

    assert TRUSTED.origin(PROXY, [",".join(chain)]) == ip_address("10.244.0.3")


def test_a_trusted_network_is_the_same_in_ipv4_and_in_ipv6s_clothes() -> None:
    assert IPv4Address("10.244.3.4") in TrustedProxies([parse_network("::ffff:10.244.0.0/112")])
    assert parse_address("::ffff:10.244.3.4") in TRUSTED
