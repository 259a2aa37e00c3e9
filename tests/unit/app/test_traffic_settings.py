"""Networks, origins and rates: what is accepted, and how what is not is told."""

import pytest
from tests.unit.app.test_settings import API, environment, load, mistakes

from hastecrm.core.settings.traffic import Rate

__all__ = ["environment"]


def test_nothing_is_trusted_or_let_in_by_default(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, "api", **API)

    assert settings.trusted_proxies == ()
    assert (settings.rate_limit_api, settings.rate_limit_auth) == (Rate(20), Rate(10, 60))


def test_networks_are_a_list(environment: pytest.MonkeyPatch) -> None:
    value = " 10.244.0.0/16, 192.0.2.7 ,fd00::/8, ::ffff:10.0.0.0/104,"
    settings = load(environment, "api", **API, HASTECRM_TRUSTED_PROXIES=value)

    shown = [str(network) for network in settings.trusted_proxies]
    assert shown == ["10.244.0.0/16", "192.0.2.7/32", "fd00::/8", "10.0.0.0/8"]


@pytest.mark.parametrize("value", ["10.0.0.1/8", "cluster", "*", "10.244.0.0/16,x", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    lines = mistakes(environment, "api", **API, HASTECRM_TRUSTED_PROXIES=value)

    assert len(lines) == 1
    assert lines[0].startswith("HASTECRM_TRUSTED_PROXIES: must be networks such as 10.0.0.0/8, and ")


def test_rates_are_read_and_can_be_off(environment: pytest.MonkeyPatch) -> None:
    given = {"HASTECRM_RATE_LIMIT_API": "5r/m", "HASTECRM_RATE_LIMIT_AUTH": "off"}
    settings = load(environment, "api", **API, **given)

    assert (settings.rate_limit_api, settings.rate_limit_auth) == (Rate(5, 60), Rate(0))


def test_a_bad_rate_names_the_notation(environment: pytest.MonkeyPatch) -> None:
    lines = mistakes(environment, "api", **API, HASTECRM_RATE_LIMIT_API="fast")

    wanted = "HASTECRM_RATE_LIMIT_API: must be a rate such as 10r/s, 5r/m or 100r/h, or off, got 'fast'"
    remedy = "set HASTECRM_RATE_LIMIT_API, or unset it for the default 20r/s"
    assert lines == [f"{wanted}; fix: {remedy}"]
