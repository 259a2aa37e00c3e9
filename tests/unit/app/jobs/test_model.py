"""Pauses between attempts, and what is kept of a failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from hastecrm.core.jobs.failure import described, masked
from hastecrm.core.jobs.model import Backoff, Payload
from hastecrm.core.masking import Masker

CHANCES = st.floats(0, 1)


@given(st.integers(1, 10_000), CHANCES)
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_the_first(
    attempt: int, chance: float
) -> None:
    backoff = Backoff(first=2, longest=600)

    assert 1 <= backoff.delay(attempt, chance) <= 600


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first=2, longest=15)

    assert [backoff.delay(attempt, 0) for attempt in (1, 2, 3, 4, 5)] == [2, 4, 8, 15, 15]
    assert backoff.delay(3, 1) == 4


def test_older_workers_can_read_newer_payloads() -> None:
    class Mail(Payload):
        to: str

    assert Mail.model_validate_json('{"to": "ada", "added_later": 1}').to == "ada"


def test_a_failure_is_kept_with_its_causes() -> None:
    failure = ValueError("mail was not sent")
    failure.__cause__ = OSError("refused")

    assert described(failure, str) == "ValueError: mail was not sent\nOSError: refused"


def test_a_payload_that_does_not_fit_is_described_without_its_values() -> None:
    class Mail(BaseModel):
        to: int

    with pytest.raises(ValidationError) as caught:
        Mail.model_validate_json('{"to": "private"}')

    text = described(caught.value, str)
    assert text.startswith("ValidationError: to: ")
    assert "private" not in text


@pytest.mark.parametrize(
    "text",
    [
        "open sesame",
        "cannot reach https://ada:hunter2@mail.example/",
        "refused: password=hunter2",
        'answer was {"api_key": "hunter2", "a": 1}',
        "sent Authorization: Bearer hunter2",
        "Set-Cookie: hunter2",
        "the token=hunter2 expired",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    shown = masked(text, Masker(["open sesame"]).clean)

    assert "***" in shown
    assert "hunter2" not in shown
    assert "sesame" not in shown


@given(st.text(max_size=5000))
def test_any_text_can_be_stored(text: str) -> None:
    shown = described(ValueError(text), str)

    assert len(shown) <= 2000
    assert "\0" not in shown
