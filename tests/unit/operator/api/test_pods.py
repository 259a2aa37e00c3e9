"""What the parser refuses of the configuration and the pods."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.factories.bad_pods import BAD, BAD_INSIDE
from tests.factories.crm import body, crm

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.networks import CIDR


@pytest.mark.parametrize(
    ("spec", "field", "sentence"), [*BAD.values(), *BAD_INSIDE.values()], ids=[*BAD, *BAD_INSIDE]
)
def test_a_bad_field_is_named_and_explained(spec: dict[str, Any], field: str, sentence: str):
    with pytest.raises(ValidationError) as refusal:
        HasteCRM.parse(body(**spec))

    errors = {".".join(map(str, e["loc"])): e["msg"] for e in refusal.value.errors()}
    assert sentence in errors[field]


def test_networks_lose_the_bits_of_a_host():
    parsed = crm(security={"trustedProxies": ["10.1.2.3/8", "FD00::1/64"]})

    assert parsed.spec.security.trusted_proxies == ("10.0.0.0/8", "fd00::/64")


# What the API server's rule and the parser must agree on, and whether it is a network.
FORMS = {
    "10.0.0.0/8": True,
    "0.0.0.0/0": True,
    "255.255.255.255/32": True,
    "256.0.0.0/8": False,
    "10.0.0.0/33": False,
    "10.0.0/8": False,
    "10.0.0.0": False,
    "fc00::/7": True,
    "::/0": True,
    "::1/128": True,
    "2001:DB8:0:0:0:0:0:1/64": True,
    "1:2:3:4:5:6:7::/128": True,
    "2001:db8::1:2:3/129": False,
    "1:2:3:4:5:6:7:8:9/64": False,
    "1::2::3/64": False,
    ":::/8": False,
}


@pytest.mark.parametrize(("written", "is_network"), FORMS.items())
def test_the_rule_of_the_api_server_and_the_parser_agree_on_networks(written: str, is_network: bool):
    adapter = TypeAdapter(CIDR)
    [rule] = adapter.json_schema()["x-kubernetes-validations"]
    pattern = rule["rule"].removeprefix("self.matches(r'").removesuffix("')")

    assert bool(re.fullmatch(pattern, written)) is is_network
    if is_network:
        assert adapter.validate_python(written)
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(written)
