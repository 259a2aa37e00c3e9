from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm_operator.api.quantities import amount, canonical

# Left: what people write. Right: what the API server stores (tests/apiserver proves that it does).
FORMS = {
    "0": "0",
    "1": "1",
    "1000m": "1",
    "0.5": "500m",
    ".5": "500m",
    "1500m": "1500m",
    "1000": "1k",
    "1024": "1024",
    "1000k": "1M",
    "1024Mi": "1Gi",
    "1000Mi": "1000Mi",
    "1.5Gi": "1536Mi",
    "0.5Mi": "512Ki",
    "0.5Ki": "512",
    "1023Ki": "1023Ki",
    "0.1Gi": "107374182400m",
    "1e3": "1e3",
    "2e9": "2e9",
    "12E2": "1200",
    "1E": "1E",
    "1Ei": "1Ei",
    "0.0000000001": "1m",
    "1500u": "2m",
}
positive = st.integers(min_value=1, max_value=10**6)
suffixes = st.sampled_from(["n", "u", "m", "", "k", "M", "G", "Ki", "Mi", "Gi", "Ti"])
fractions = st.sampled_from(["", ".5", ".25", ".125", ".1", ".001"])
quantities = st.builds("{}{}{}".format, positive, fractions, suffixes)


@pytest.mark.parametrize(("written", "stored"), FORMS.items())
def test_a_quantity_takes_the_form_in_which_it_is_stored(written: str, stored: str):
    assert canonical(written) == stored


def test_a_whole_number_is_a_quantity():
    assert canonical(2) == "2"


@given(quantities)
def test_the_stored_form_is_its_own_stored_form(written: str):
    once = canonical(written)
    # A binary amount that is no whole number of Ki is stored without a suffix: a decimal one from then on.
    settled = canonical(once) if once.isdigit() else once

    assert canonical(settled) == settled


@given(quantities)
def test_no_amount_is_lost(written: str):
    # A part of a thousandth is rounded up, as the API server does.
    assert Decimal(0) <= amount(canonical(written)) - _exact(written) < Decimal("1e-3")


@pytest.mark.parametrize(
    "written", ["", "much", "-1", "1 Gi", "1gi", "1KI", "Gi", "1e", "1e333", "٣", True, None, 0.5]
)
def test_what_is_no_quantity_is_refused_with_examples(written: object):
    with pytest.raises(ValueError, match="must be a quantity like 500m, 2, 256Mi or 10Gi"):
        canonical(written)


def test_more_than_can_be_counted_is_refused():
    with pytest.raises(ValueError, match="Kubernetes counts no further"):
        canonical("8Ei")


def _exact(written: str) -> Decimal:
    powers = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9}
    binary = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4}
    suffix = written.lstrip("0123456789.")
    number = Decimal(written.removesuffix(suffix) if suffix else written)
    if suffix in binary:
        return number * 1024 ** binary[suffix]
    return number.scaleb(powers.get(suffix, 0))
