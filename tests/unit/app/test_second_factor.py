"""Codes of authenticator apps and recovery codes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.features.second_factor.domain import (
    RECOVERY_CODES,
    Enrolment,
    enrolment_uri,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_hash,
    shown_secret,
)

# RFC 6238, appendix B: SHA-1, the last six of its eight digits.
RFC_SECRET = b"12345678901234567890"
RFC = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


def enrolled(last_step: int = 0, secret: bytes = RFC_SECRET) -> Enrolment:
    return Enrolment(secret, datetime(2030, 1, 1, tzinfo=UTC), last_step)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert matching_step(enrolled(), code, at(seconds)) == seconds // 30


@pytest.mark.parametrize(("off", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(off: int, fits: bool) -> None:
    assert (matching_step(enrolled(), "005924", at(1234567890) + timedelta(seconds=off)) is not None) == fits


def test_a_code_that_was_used_opens_nothing() -> None:
    step = matching_step(enrolled(), "005924", at(1234567890))
    assert step is not None

    assert matching_step(enrolled(step), "005924", at(1234567890)) is None


@given(st.text())
def test_nothing_else_is_a_code(text: str) -> None:
    step = matching_step(enrolled(), text, at(1234567890))
    assert step is None or text.replace(" ", "") in {"005924", *(code for _, code in RFC)}


def test_blanks_that_apps_show_do_not_matter() -> None:
    assert matching_step(enrolled(), "005 924", at(1234567890)) is not None
    assert matching_step(enrolled(), "٠٠٥٩٢٤", at(1234567890)) is None


def test_apps_get_everything_they_need() -> None:
    secret = new_secret()
    uri = enrolment_uri(secret, "ada+crm@example.com")

    assert uri.startswith("otpauth://totp/HasteCRM%3Aada%2Bcrm%40example.com?secret=")
    assert base64.b32decode(shown_secret(secret)) == secret
    assert shown_secret(secret) in uri


def test_recovery_codes_are_many_and_forgive_how_they_are_typed() -> None:
    codes = new_recovery_codes()

    assert len(set(codes)) == RECOVERY_CODES
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert recovery_hash(codes[0]) == recovery_hash(f" {codes[0].lower().replace('-', ' ')} ")
    assert recovery_hash(codes[0]) != recovery_hash(codes[1])
