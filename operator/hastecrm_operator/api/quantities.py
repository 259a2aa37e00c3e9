"""Amounts as Kubernetes writes them, parsed into the very form in which the API server stores them.

The form matters: what we apply is compared with what is stored, and "1000m" would differ from "1" for ever.
"""

import re
from decimal import ROUND_UP, Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

from hastecrm_operator.api.model import rule, rules

_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_SUFFIXES: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIXES: Final = {power: suffix for suffix, power in _BINARY.items()}
_QUANTITY: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,2}))?")
_SENTENCE: Final = "must be a quantity like 500m, 2, 256Mi or 10Gi"
# Kubernetes rounds the resources of containers and volumes up to this.
_FINEST: Final = Decimal("1e-3")
_LARGEST: Final = Decimal(2**63 - 1)


def canonical(value: object) -> str:
    """Return a quantity as the API server stores it; raises ValueError with a sentence for anything else."""
    number, style = _parse(value)
    if not number:
        return "0"
    if style == "binary" and number >= 1024 and number == number.to_integral_value():
        return _binary(int(number))
    return _decimal(number, exponent=style == "exponent")


def amount(quantity: str) -> Decimal:
    """Return how much a quantity is, in its base unit (bytes, cores)."""
    return _parse(quantity)[0]


def _parse(value: object) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, (str, int)) else None
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} {_SENTENCE}")
    digits, suffix, exponent = match.groups()
    if suffix in _BINARY:
        return _rounded(Decimal(digits) * 1024 ** _BINARY[suffix]), "binary"
    power = int(exponent) if exponent else _DECIMAL[suffix or ""]
    return _rounded(Decimal(digits).scaleb(power)), "exponent" if exponent else "decimal"


def _rounded(number: Decimal) -> Decimal:
    if number >= _LARGEST:
        raise ValueError(f"{number:f} {_SENTENCE}, less than 8Ei: Kubernetes counts no further")
    return number.quantize(_FINEST, rounding=ROUND_UP) if number % _FINEST else number


def _binary(number: int) -> str:
    power = 0
    while number % 1024 == 0 and power < 6:
        number, power = number // 1024, power + 1
    return f"{number}{_BINARY_SUFFIXES.get(power, '')}"


def _decimal(number: Decimal, *, exponent: bool) -> str:
    power = next(p for p in range(18, -6, -3) if number.scaleb(-p) == number.scaleb(-p).to_integral_value())
    mantissa = int(number.scaleb(-power))
    if exponent:
        return f"{mantissa}e{power}" if power else f"{mantissa}"
    return f"{mantissa}{_SUFFIXES[power]}"


Quantity = Annotated[
    str,
    BeforeValidator(canonical),
    WithJsonSchema(
        {
            "maxLength": 32,
            "x-kubernetes-int-or-string": True,
            **rules(
                rule(
                    "type(self) == int ? self >= 0 : "
                    "self.matches('^[.]?[0-9]') && isQuantity(self) && "
                    "!quantity(self).isLessThan(quantity('0')) && "
                    f"quantity(self).isLessThan(quantity('{_LARGEST}'))",
                    _SENTENCE,
                )
            ),
        }
    ),
]
"""An amount of memory, storage or CPU, such as 256Mi, 10Gi or 500m."""
