"""Networks: parsed into their plain form, without bits of a host."""

from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from hastecrm_operator.api.model import rule, rules

# CEL's own isCIDR would be refused by Kubernetes 1.30.
_OCTET: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = rf"({_OCTET}\.){{3}}{_OCTET}/(3[0-2]|[12]?[0-9])"
_GROUP: Final = "[0-9a-fA-F]{1,4}"
_SHORTENED: Final = "|".join(f"({_GROUP}:){{1,{7 - n}}}(:{_GROUP}){{1,{n}}}" for n in range(1, 7))
_IPV6: Final = (
    f"(({_GROUP}:){{7}}{_GROUP}|({_GROUP}:){{1,7}}:|{_SHORTENED}|:((:{_GROUP}){{1,7}}|:))"
    "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])"
)
_SENTENCE: Final = "must be a network like 10.0.0.0/8 or fd00::/8"


def _plain(value: str) -> str:
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} {_SENTENCE}") from None
    if not value.endswith(f"/{network.prefixlen}"):  # ip_network takes masks and single addresses, too
        raise ValueError(f"{value!r} {_SENTENCE}")
    return str(network)


CIDR = Annotated[
    str,
    AfterValidator(_plain),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 49,
            **rules(rule(f"self.matches(r'^({_IPV4}|{_IPV6})$')", _SENTENCE)),
        }
    ),
]
"""A network."""
